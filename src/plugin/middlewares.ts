import type { IncomingMessage, ServerResponse } from 'node:http'

/** Hands the request on, or an error. */
export type Next = (error?: unknown) => void

export type Middleware = (request: IncomingMessage, response: ServerResponse, next: Next) => unknown

/** Connect's app, as Vite's servers have it. */
export interface Middlewares {
  use(middleware: Middleware): unknown
  stack: { route: string; handle: unknown }[]
}

/**
 * Puts a middleware before the one of Vite's servers that answers 404 to paths outside `base`, behind the user's proxy.
 * There is none where `base` is `/`: then nothing is put.
 *
 * @returns whether it was put there
 */
export function beforeBase(middlewares: Middlewares, handle: Middleware, name = 'viteBaseMiddleware'): boolean {
  const index = middlewares.stack.findIndex(layer => (layer.handle as { name?: string }).name === name)
  if (index !== -1) middlewares.stack.splice(index, 0, { route: '', handle })
  return index !== -1
}
