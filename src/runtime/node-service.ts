import { once } from 'node:events'
import { createServer } from 'node:http'
import type { Server } from 'node:net'
import type { Address } from './address.js'
import type { FastifyLike, NodeService } from './classify.js'
import type { ListenWatch } from './listen-watch.js'
import { closable, type Running } from './running.js'

/** Serves a Node server or app on our address. Its routes are all its own: no probes are added. */
export async function serveNode(service: NodeService, at: Address, watch: ListenWatch): Promise<Running> {
  switch (service.kind) {
    case 'server':
      return listenOn(service.server, at, watch)
    case 'listener':
      return listenOn(createServer(service.listener), at, watch)
    case 'fastify':
      return serveFastify(service.app, at)
    case 'listens':
      return serveOther(service.app, at, watch)
  }
}

async function listenOn(server: Server, at: Address, watch: ListenWatch): Promise<Running> {
  const close = closable(server)
  watch.unwatched(() => server.listen(at.port, at.host))
  await once(server, 'listening')
  return { server, close }
}

async function serveFastify(app: FastifyLike, at: Address): Promise<Running> {
  const close = closable(app.server)
  await app.listen(at)
  return {
    server: app.server,
    async close() {
      await Promise.all([close(), app.close()])
    },
  }
}

/** The watch sees which server such an app makes. */
async function serveOther(
  app: Extract<NodeService, { kind: 'listens' }>['app'],
  at: Address,
  watch: ListenWatch,
): Promise<Running> {
  const before = watch.servers.length
  await app.listen(at.port, at.host)
  const server = watch.servers[before]
  if (server === undefined) throw new Error('its listen() started no server')
  if (!server.listening) await once(server, 'listening')
  return { server, close: closable(server) }
}
