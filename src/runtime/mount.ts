// What Vite's servers need of the runtime, in one file: `dist/runtime/mount.js`. It is no part of a bento.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { classify } from './classify.js'
import { fetchListener, prepareFetch } from './fetch-service.js'

export { ClientFiles, isNavigation } from './client-files.js'
export { clientFirst } from './client-first.js'
export { insteadOf404 } from './instead-of-404.js'

/** A service in a server that is not its own. */
export interface MountedService {
  /** Answers a request. What a fetch handler throws is thrown here; other kinds answer their own errors. */
  handle(request: IncomingMessage, response: ServerResponse): unknown
  /** Lets go of what the service holds, as far as its kind has a way for that. */
  close(): Promise<void>
}

/**
 * Loads a service's module and makes its default export answer in another server: the same kinds as in a bento, but for
 * apps that cannot do without their own `listen`.
 *
 * @throws what the module throws; Error where its export cannot be mounted
 */
export async function mount(load: () => Promise<{ default?: unknown }>): Promise<MountedService> {
  prepareFetch()
  const exported = (await load()).default
  const service = classify(exported instanceof Promise ? await exported : exported)
  const close = async () => {}
  switch (service.kind) {
    case 'fetch':
      return { handle: fetchListener(service.fetch), close }
    case 'listener':
      return { handle: service.listener, close }
    case 'server': {
      const { server } = service
      return { handle: (request, response) => server.emit('request', request, response), close }
    }
    case 'fastify': {
      const { app } = service
      await app.ready()
      return {
        handle: (request, response) => app.server.emit('request', request, response),
        close: async () => void (await app.close()),
      }
    }
    case 'listens':
      throw new Error(`The service's default export is an app that answers only through its own listen(). ${MEND}`)
    case 'none':
      throw new Error(`The service exports nothing by default to serve. ${MEND}`)
    case 'unusable':
      throw new Error(`The service's default export is ${service.what}, which is no handler. ${MEND}`)
  }
}

const MEND = 'Export a fetch handler, an Express, Koa or Fastify app, or an http.Server.'
