import { existsSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import type { BentoContext } from './context.js'
import { type BentoEnvironment, DevService } from './dev-service.js'
import type { HookContext, Part } from './hooks.js'
import { beforeBase, type Middlewares, type Next } from './middlewares.js'
import { part } from './part.js'
import { DEFAULT_SERVICE, findService } from './project.js'
import { loadRuntime } from './runtime.js'
import { setRuntimeEnvs } from './runtime-envs.js'
import { ENVIRONMENT } from './vite-environment.js'

/** The part of Vite's dev server that is used here. */
interface ViteDevServer {
  config: {
    root: string
    base: string
    appType: string
    build: { ssr?: boolean | string }
    server: { middlewareMode?: unknown }
    logger: { warn(message: string): void; error(message: string, options?: object): void }
  }
  middlewares: Middlewares
  environments: Record<string, unknown>
}

/**
 * `vite dev`: mounts the service behind Vite's own middlewares. Files of the client, its pages and what Vite needs for itself
 * are Vite's; everything else is the service's, and a page that it answers with 404 is the client's once more.
 *
 * In middleware mode another server is in charge: nothing is mounted.
 */
export function devServer(context: BentoContext): Part {
  const services = new WeakMap<object, DevService>()

  return part('dev-server', {
    apply: (_config: unknown, { command, isPreview }: { command: string; isPreview?: boolean }) =>
      command === 'serve' && isPreview !== true,

    configureServer(server: ViteDevServer): (() => void) | undefined {
      const environment = server.environments[ENVIRONMENT] as BentoEnvironment | undefined
      if (environment === undefined || server.config.server.middlewareMode) return undefined
      const entry = entryOf(context, server.config)
      if (entry === undefined) return undefined
      setRuntimeEnvs(context.options.envs)
      const service = new DevService(context, entry, environment, server.config.logger)
      services.set(environment, service)
      context.serviceChanged = () => service.changed()
      return () => {
        const answer = middleware(server, service)
        // Behind it, Vite knows paths below the base only.
        beforeBase(server.middlewares, (request, response, next) => {
          if (isBelow(server.config.base, request.url ?? '')) next()
          else answer(request, response, next)
        })
        server.middlewares.use(answer)
      }
    },

    hotUpdate: {
      order: 'post',
      handler(this: HookContext, { modules }: { modules: readonly unknown[] }): [] | undefined {
        if (this.environment?.name !== ENVIRONMENT) return undefined
        if (modules.length > 0) context.serviceChanged()
        // The service is loaded anew by the next request, not by Vite at once: it may be one of many edits.
        return []
      },
    },

    // In development Vite calls it when a server closes.
    async buildEnd(this: HookContext): Promise<void> {
      await services.get(this.environment ?? {})?.close()
    },
  })
}

function entryOf(context: BentoContext, { root, build, logger }: ViteDevServer['config']): string | undefined {
  try {
    context.service = findService(
      root,
      context.options.service ?? (typeof build.ssr === 'string' ? build.ssr : DEFAULT_SERVICE),
    )
    return context.service
  } catch (error) {
    // The client can be worked on all the same.
    logger.warn(error instanceof Error ? error.message : String(error))
    return undefined
  }
}

function middleware({ config }: ViteDevServer, service: DevService) {
  return async (request: IncomingMessage, response: ServerResponse, next: Next): Promise<void> => {
    const { originalUrl = request.url } = request as { originalUrl?: string }
    const viteUrl = request.url
    const page = pageOf(config, request, originalUrl ?? '/')
    if (page !== undefined) {
      request.url = page
      return next()
    }
    // Vite has taken the base off, and put its fallback in.
    request.url = originalUrl ?? '/'
    const { insteadOf404, isNavigation } = await loadRuntime()
    try {
      const mounted = await service.current()
      const otherwise = () => {
        request.url = viteUrl ?? '/'
        next()
      }
      if (mounted === undefined) return otherwise()
      if (config.appType === 'spa' && isNavigation(request)) insteadOf404(response, otherwise)
      await mounted.handle(request, response)
    } catch (error) {
      if (response.headersSent) response.destroy()
      else if (isNavigation(request)) return next(error)
      else sendError(response, error)
      config.logger.error(`${request.method} ${request.url}: ${describe(error)}`, { timestamp: true, error })
    }
  }
}

/**
 * The HTML page of the client that a request asks for, as Vite's own servers find it: `/` and folders have an `index.html`, and
 * `/about` is `about.html`. In a bento, too, the client is asked before the service.
 */
function pageOf({ root, base, appType }: ViteDevServer['config'], { method }: IncomingMessage, url: string) {
  if (appType === 'custom' || (method !== 'GET' && method !== 'HEAD') || !isBelow(base, url)) return undefined
  const path = decoded(url.replace(/[?#].*$/s, '').slice(base.length - 1))
  if (path === undefined || path.includes('..')) return undefined
  const page = path.endsWith('/') ? `${path}index.html` : path.endsWith('.html') ? path : `${path}.html`
  return existsSync(join(root, page)) ? encodeURI(page) : undefined
}

function decoded(path: string): string | undefined {
  try {
    return decodeURIComponent(path)
  } catch {
    return undefined
  }
}

/** `/` where the base is relative or on another host: so Vite's dev server has it. */
function isBelow(base: string, url: string): boolean {
  return url.startsWith(base)
}

function sendError(response: ServerResponse, error: unknown): void {
  response.writeHead(500, { 'content-type': 'text/plain; charset=utf-8' }).end(`${describe(error)}\n`)
}

/** With the place in the source, where Vite knows it. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { frame, id, stack } = error as { frame?: string; id?: string; stack?: string }
  const place = frame === undefined ? [] : [...(id === undefined ? [] : [id]), frame]
  return [`${error.name}: ${error.message}`, ...place, ...framesOf(stack), ...mendOf(error)].join('\n')
}

/** A build gives sources what CommonJS expects (`commonjs.ts`); Vite's module runner has no place for that. */
function mendOf({ message }: Error): string[] {
  return /^(?:require|module|exports|__dirname|__filename) is not defined/.test(message)
    ? ['vite dev runs ES modules only: write import, export and import.meta.dirname, or vite build and vite preview.']
    : []
}

/** The service's own: what follows is how it was called. */
function framesOf(stack = ''): string[] {
  const frames = stack.split('\n').filter(line => /^\s+at /.test(line) && !line.includes('node:internal'))
  const end = frames.findIndex(frame => /[\\/]runtime[\\/]mount\.js|[\\/]node_modules[\\/]vite[\\/]/.test(frame))
  return end === -1 ? frames : frames.slice(0, end)
}
