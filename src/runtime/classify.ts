import type { RequestListener } from 'node:http'
import { Server } from 'node:net'

/** A fetch handler; `env` and `context` are what Hono's adapters for Node pass. */
export type FetchHandler = (request: Request, env?: unknown, context?: unknown) => unknown

/** What a module's default export turned out to be. */
export type Service =
  | { kind: 'fetch'; fetch: FetchHandler }
  | NodeService
  /** No export to serve: the module may have started a server itself. */
  | { kind: 'none' }
  | { kind: 'unusable'; what: string }

/** A server or an app for Node's own HTTP. */
export type NodeService =
  /** `http.Server` and its like. */
  | { kind: 'server'; server: Server }
  /** A request listener for `http.createServer`: Express, Connect, Koa's callback. */
  | { kind: 'listener'; app: unknown; listener: RequestListener }
  | { kind: 'fastify'; app: FastifyLike }
  /** Some other object with `listen(port, host)`. */
  | { kind: 'listens'; app: { listen: (port: number, host: string) => unknown } }

export interface FastifyLike {
  server: Server
  listen: (options: { port: number; host: string }) => Promise<unknown>
  ready: () => PromiseLike<unknown>
  close: () => Promise<unknown>
}

/**
 * Tells how to serve a default export. `fetch` comes first: an Elysia app has `listen` too, but only for Bun.
 */
export function classify(exported: unknown): Service {
  const value = withoutInterop(exported)
  if (value === undefined || value === null || isEmptyObject(value)) return { kind: 'none' }
  if (typeof value !== 'object' && typeof value !== 'function') return unusable(value)
  const app = value as Record<string, unknown>
  if (isMethod(app.fetch)) return { kind: 'fetch', fetch: app.fetch.bind(value) as FetchHandler }
  if (value instanceof Server) return { kind: 'server', server: value }
  if (isMethod(app.inject) && isMethod(app.ready) && isMethod(app.listen)) {
    return { kind: 'fastify', app: value as FastifyLike }
  }
  if (typeof value === 'function' && (isMethod(app.handle) || isMethod(app.listen))) {
    return { kind: 'listener', app: value, listener: value as RequestListener }
  }
  if (isMethod(app.callback) && isMethod(app.listen)) {
    return { kind: 'listener', app: value, listener: app.callback() as RequestListener }
  }
  if (isMethod(app.listen)) return { kind: 'listens', app: value as never }
  if (typeof value === 'function' && !isClass(value)) return { kind: 'fetch', fetch: value as FetchHandler }
  return unusable(value)
}

/** CommonJS that TypeScript or Babel wrote has its default export one level deeper. */
function withoutInterop(exported: unknown): unknown {
  const isWrapper =
    typeof exported === 'object' && exported !== null && '__esModule' in exported && 'default' in exported
  return isWrapper ? exported.default : exported
}

function isEmptyObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && isPlain(value) && Object.keys(value).length === 0
}

function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

function isMethod(value: unknown): value is (...args: unknown[]) => unknown {
  return typeof value === 'function'
}

function isClass(value: unknown): boolean {
  return Function.prototype.toString.call(value).startsWith('class')
}

function unusable(value: unknown): Service {
  return { kind: 'unusable', what: nameOf(value) }
}

function nameOf(value: unknown): string {
  if (typeof value === 'function') return `the class ${value.name || '(without a name)'}`
  if (typeof value !== 'object' || value === null) return `a ${typeof value}`
  const keys = Object.keys(value)
  const shown = keys.slice(0, 5).join(', ') + (keys.length > 5 ? ', …' : '')
  return keys.length === 0 ? 'an object without handlers' : `an object with ${shown}`
}
