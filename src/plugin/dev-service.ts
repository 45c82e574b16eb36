import type { MountedService } from '../runtime/mount.js'
import type { BentoContext } from './context.js'
import { loadRuntime } from './runtime.js'

/** The environment of the service in Vite's dev server. */
export interface BentoEnvironment {
  transformRequest(url: string): Promise<unknown>
  moduleGraph: { invalidateAll(): void }
  runner: {
    import(url: string): Promise<{ default?: unknown }>
    clearCache(): void
  }
}

/**
 * The service of a dev server: loaded when it is first asked for, and anew by the first request after a change. A load that
 * fails is tried again by the next request.
 */
export class DevService {
  readonly #context: BentoContext
  readonly #entry: string
  readonly #environment: BentoEnvironment
  readonly #logger: { warn(message: string): void }
  #loaded: Promise<MountedService | undefined> | undefined
  #saidProgram = false

  constructor(
    context: BentoContext,
    entry: string,
    environment: BentoEnvironment,
    logger: { warn(message: string): void },
  ) {
    this.#context = context
    this.#entry = entry
    this.#environment = environment
    this.#logger = logger
  }

  /** The service as its files are now; undefined for a program, which is not run inside Vite. */
  async current(): Promise<MountedService | undefined> {
    if (this.#loaded === undefined) {
      const loaded = this.#load()
      this.#loaded = loaded
      loaded.catch(() => {
        if (this.#loaded !== loaded) return
        this.changed()
        // A file that was missing may be there the next time, of which Vite 8 tells nobody.
        this.#environment.moduleGraph.invalidateAll()
      })
    }
    return this.#loaded
  }

  /** Forgets the service: a file of it has changed. */
  changed(): void {
    this.close().catch(error => this.#logger.warn(`The service could not be closed: ${error}`))
    this.#loaded = undefined
    this.#environment.runner.clearCache()
  }

  async close(): Promise<void> {
    await this.#loaded?.then(
      service => service?.close(),
      () => {},
    )
  }

  async #load(): Promise<MountedService | undefined> {
    // How it starts is seen when the entry passes the plugin, before anything of it runs.
    await this.#environment.transformRequest(this.#entry)
    if (this.#isProgram()) {
      if (!this.#saidProgram) this.#logger.warn(programNote(this.#entry))
      this.#saidProgram = true
      return undefined
    }
    const { mount } = await loadRuntime()
    return mount(() => this.#environment.runner.import(this.#entry))
  }

  #isProgram(): boolean {
    const { mode, options } = this.#context
    return (mode ?? options.server) === 'program'
  }
}

function programNote(entry: string): string {
  return (
    `${entry} starts its own server, so vite dev does not run it. Run it beside Vite, and let the option server.proxy ` +
    'pass requests on; or export a handler instead.'
  )
}
