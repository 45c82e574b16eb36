import { type FSWatcher, watch } from 'node:fs'
import { dirname, join } from 'node:path'
import type { BentoContext } from './context.js'
import type { HookContext, Part } from './hooks.js'
import { modelId } from './model-ids.js'
import { part } from './part.js'
import { ENVIRONMENT } from './vite-environment.js'

/** Saving a model makes several events: they are answered once. Milliseconds. */
const SETTLE = 50

/** The part of Vite's dev server that is used here. */
interface DevServer {
  environments: Record<string, DevEnvironment>
}

interface DevEnvironment {
  moduleGraph: {
    getModuleById(id: string): object | undefined
    invalidateModule(module: object): void
  }
  hot: { send(payload: { type: 'full-reload'; path?: string }): void }
}

/**
 * While developing: reloads what imports a model when the store would now answer its request otherwise, above all when
 * `latest` has moved.
 */
export function modelReload(context: BentoContext): Part {
  // When a server restarts, the new one is configured before the old one is closed.
  const watchers = new WeakMap<object, StoreWatcher>()
  return part('model-reload', {
    apply: 'serve',
    configureServer(server: DevServer): void {
      const watcher = new StoreWatcher(context, request => reload(context, server, request))
      for (const environment of Object.values(server.environments)) watchers.set(environment, watcher)
      context.followModel = request => watcher.follow(request)
    },
    // In development Vite calls it when a server closes.
    buildEnd(this: HookContext): void {
      if (this.environment !== undefined) watchers.get(this.environment)?.close()
    },
  })
}

/** Makes every environment load the model's module and its importers anew. */
function reload(context: BentoContext, server: DevServer, request: string): void {
  const id = modelId(request)
  const holders = Object.values(server.environments).filter(environment => {
    const module = environment.moduleGraph.getModuleById(id)
    if (module !== undefined) environment.moduleGraph.invalidateModule(module)
    return module !== undefined
  })
  if (holders.length === 0) return
  // A page shows what the service made of the model: the client reloads although it holds no such module.
  const client = server.environments.client
  for (const environment of new Set([...holders, ...(client === undefined ? [] : [client])])) {
    if (environment === server.environments[ENVIRONMENT]) context.serviceChanged()
    else environment.hot.send({ type: 'full-reload', path: '*' })
  }
}

/**
 * Watches the folders of the models that were asked for. `latest` lies right in them, and so do new versions: the
 * models' own files, which may be many, need no watching.
 */
class StoreWatcher {
  readonly #context: BentoContext
  readonly #changed: (request: string) => void
  /** Requests by the name of their model, with what the store last answered. */
  readonly #requests = new Map<string, Map<string, string>>()
  readonly #watchers = new Map<string, FSWatcher>()
  #timer: NodeJS.Timeout | undefined
  #closed = false

  constructor(context: BentoContext, changed: (request: string) => void) {
    this.#context = context
    this.#changed = changed
  }

  async follow(request: string): Promise<void> {
    const name = this.#nameOf(request)
    if (name === undefined) return
    const root = await this.#context.models.root()
    if (this.#closed) return
    this.#watchModel(root, name)
    const requests = this.#requests.get(name) ?? new Map<string, string>()
    this.#requests.set(name, requests.set(request, await this.#answer(request)))
  }

  #nameOf(request: string): string | undefined {
    try {
      return this.#context.models.nameOf(request)
    } catch {
      // Malformed: whoever loads the model is told.
      return undefined
    }
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
    for (const watcher of this.#watchers.values()) watcher.close()
    this.#watchers.clear()
  }

  /** The folders above as well: the model's own may not be there yet, or go and come back. */
  #watchModel(root: string, name: string): void {
    if (!this.#watch(root, root)) this.#watch(root, dirname(root))
    this.#watch(root, join(root, name))
  }

  /** Whether the folder can be watched; a store that cannot is only less handy. */
  #watch(root: string, folder: string): boolean {
    if (this.#watchers.has(folder)) return true
    try {
      const watcher = watch(folder, { persistent: false }, () => this.#settle(root))
      watcher.on('error', () => this.#unwatch(folder))
      this.#watchers.set(folder, watcher)
      return true
    } catch {
      return false
    }
  }

  #unwatch(folder: string): void {
    this.#watchers.get(folder)?.close()
    this.#watchers.delete(folder)
  }

  #settle(root: string): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#check(root), SETTLE)
  }

  async #check(root: string): Promise<void> {
    for (const [name, requests] of this.#requests) {
      // A folder that was deleted and made again has a watcher that hears nothing more.
      this.#unwatch(join(root, name))
      this.#watchModel(root, name)
      for (const [request, before] of requests) {
        const now = await this.#answer(request, true)
        if (now === before || this.#closed) continue
        requests.set(request, now)
        this.#changed(request)
      }
    }
  }

  /** The tag that the store answers with, or why it has none. */
  async #answer(request: string, anew = false): Promise<string> {
    const { models } = this.#context
    try {
      return String((await (anew ? models.resolveAgain(request) : models.resolve(request))).tag)
    } catch (error) {
      return `error: ${error instanceof Error ? error.message : error}`
    }
  }
}
