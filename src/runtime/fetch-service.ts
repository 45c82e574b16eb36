import type { RequestListener } from 'node:http'
import type { ServerRequest } from 'srvx'
import { patchGlobalRequest, serve, toNodeHandler } from 'srvx/node'
import type { Address } from './address.js'
import type { FetchHandler } from './classify.js'
import { reservedRoutes } from './reserved-routes.js'
import { closable, type Running } from './running.js'

/**
 * Must run before the service is loaded: `new Request(request)` on srvx's light requests needs a global `Request` that
 * knows them.
 */
export function prepareFetch(): void {
  patchGlobalRequest()
}

/** Serves a fetch handler through srvx. */
export async function serveFetch(handler: FetchHandler, at: Address): Promise<Running> {
  let stopping = false
  const reserved = reservedRoutes(() => stopping)
  const srvx = serve({
    port: at.port,
    hostname: at.host,
    manual: true,
    silent: true,
    gracefulShutdown: false,
    fetch: request => reserved.answer(request.runtime?.node?.req) ?? answer(handler, request),
    error: failed,
  })
  const server = srvx.node?.server as Running['server']
  const close = closable(server, reserved.watch)
  await srvx.serve()
  return {
    server,
    async close() {
      stopping = true
      // srvx waits for what the service handed to `waitUntil`, too.
      await Promise.all([close(), srvx.close()])
    },
  }
}

/**
 * A fetch handler as a listener for a server of somebody else's. What the handler throws is the listener's own error, as long
 * as nothing has been sent.
 */
export function fetchListener(handler: FetchHandler): RequestListener {
  const reserved = reservedRoutes(() => false)
  const listener = toNodeHandler((request: ServerRequest) => {
    request.waitUntil = promise => void Promise.resolve(promise).catch(console.error)
    return reserved.answer(request.runtime?.node?.req) ?? answer(handler, request)
  }) as RequestListener
  return (request, response) => {
    const ended = reserved.watch(request, response)
    if (ended !== undefined) response.once('close', ended)
    return listener(request, response)
  }
}

async function answer(handler: FetchHandler, request: ServerRequest): Promise<Response> {
  const node = request.runtime?.node
  const env = { incoming: node?.req, outgoing: node?.res }
  const context = { waitUntil: request.waitUntil, passThroughOnException() {}, props: {} }
  const response = await handler(request, env, context)
  if (isResponse(response)) return response
  throw new TypeError(
    `The service answered ${request.method} ${new URL(request.url).pathname} with ${response === null ? 'null' : typeof response}, not with a Response. ` +
      'A listener for (request, response) is served when wrapped: export default http.createServer(listener).',
  )
}

/** Also one of another realm or library, such as `undici`'s or `node-fetch`'s. */
function isResponse(value: unknown): value is Response {
  return typeof value === 'object' && value !== null && 'status' in value && 'headers' in value
}

function failed(error: unknown): Response {
  console.error(error)
  return new Response('Internal Server Error', { status: 500 })
}
