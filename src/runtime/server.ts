import type { AddressInfo } from 'node:net'
import { Server as TlsServer } from 'node:tls'
import { type Address, addressFrom, urlOf } from './address.js'
import { classify, type Service } from './classify.js'
import { ClientFiles, type ClientOptions } from './client-files.js'
import { serveClientFirst } from './client-first.js'
import { exitWith, listenFailure, StartFailure } from './failure.js'
import { prepareFetch, serveFetch } from './fetch-service.js'
import { type ListenWatch, watchListening } from './listen-watch.js'
import { serveNode } from './node-service.js'
import type { Running } from './running.js'
import { stopOnSignals } from './shutdown.js'

/**
 * Loads the service's module and serves its default export on the address of the environment (see `addressFrom`).
 * Prints `Listening on <url>` once it answers. Does nothing more where the module has started a server of its own.
 * Where the service cannot start, prints why and ends the process with exit code 1.
 *
 * | default export | served |
 * | --- | --- |
 * | `{ fetch }` (Hono, H3, Elysia, srvx), a function `(Request) => Response` | through srvx, with `/healthz`, `/livez`, `/readyz` |
 * | `http.Server`, Express, Connect, Koa, Fastify, another `listen(port, host)` | as it is |
 * | nothing, `{}` | the module's own server, if it starts one |
 *
 * A web client is served before it (see `ClientFiles`), unless the module has its own server.
 *
 * @param load imports the service's module
 */
export async function start(
  load: () => Promise<{ default?: unknown }>,
  { client }: { client?: ClientOptions } = {},
): Promise<void> {
  try {
    const at = addressFrom(process.env)
    prepareFetch()
    const watch = watchListening()
    const exported = (await load()).default
    // Only real promises, of `export default createApp()`: a Fastify app has a `then` of its own.
    const service = classify(exported instanceof Promise ? await exported : exported)
    if (service.kind === 'none' || listensItself(service, watch, at.port)) return expectListening(watch)
    if (service.kind === 'unusable') throw unusable(service.what)
    const files = client && new ClientFiles(client)
    const running = await listen(service, at, watch)
    if (files !== undefined) serveClientFirst(running.server, files)
    const { port } = running.server.address() as AddressInfo
    const release = stopOnSignals(running)
    // An app that listens only now, once it is connected to what it needs, takes its port over.
    watch.onListen = wanted => {
      if (wanted !== port) return
      watch.onListen = () => {}
      release()
      running.server.close()
    }
    console.log(`Listening on ${urlOf(running.server instanceof TlsServer ? 'https' : 'http', at.host, port)}`)
  } catch (error) {
    exitWith(error)
  }
}

async function listen(
  service: Exclude<Service, { kind: 'none' | 'unusable' }>,
  at: Address,
  watch: ListenWatch,
): Promise<Running> {
  try {
    // serveFetch listens before its first await: while unwatched.
    return await (service.kind === 'fetch'
      ? watch.unwatched(() => serveFetch(service.fetch, at))
      : serveNode(service, at, watch))
  } catch (error) {
    throw listenFailure(error, at.port, at.host)
  }
}

/** Whether the module has already started the server that its export would be served by. */
function listensItself(service: Service, watch: ListenWatch, port: number): boolean {
  if (watch.ports.has(port)) return true
  if (service.kind === 'server') return service.server.listening || watch.servers.includes(service.server)
  if (service.kind === 'fastify') return watch.servers.includes(service.app.server)
  if (service.kind === 'listener') {
    return watch.servers.some(server => server.listeners('request').includes(service.app as never))
  }
  return service.kind !== 'fetch' && watch.servers.length > 0
}

/** Leaves the module alone, and says so where the process ends without ever having listened. */
function expectListening(watch: ListenWatch): void {
  process.once('beforeExit', () => {
    if (watch.servers.length > 0) return
    exitWith(new StartFailure(`The service ended without listening, and its default export is no handler. ${MEND}`))
  })
}

function unusable(what: string): StartFailure {
  return new StartFailure(`The service's default export is ${what}, which is no handler. ${MEND}`)
}

const MEND =
  "Export a fetch handler, an app or an http.Server, or build with the option server: 'program' if it starts its own server."
