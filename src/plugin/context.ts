import { realpathSync } from 'node:fs'
import { join } from 'node:path'
import type { BuildReport, ExternalImport, OpenApiSource, ServiceMode, TracedFile } from '../bento/types.js'
import type { BentoOptions } from '../config/options.js'
import { readLayers } from '../config/read-layers.js'
import { type ResolvedOptions, resolveOptions } from '../config/resolve-options.js'
import { holds } from '../files/place.js'
import type { BuildChannel } from './build-channel.js'
import type { ClientBuild } from './client.js'
import type { HookEnvironment } from './hooks.js'
import { ModelRequests } from './model-requests.js'
import { readable } from './part.js'
import { findProject, type Project, storeHome } from './project.js'

/** What the hooks gathered of one finished output. */
export interface Gathered {
  outDir: string
  files: string[]
  entry: string
  entryIsImported: boolean
  externals: ExternalImport[]
  traced: TracedFile[]
  /** What the modules import below `virtual:bento/model/`. */
  requests: string[]
  /** What the entry exports as `openapi`; undefined where it exports nothing of that name. */
  openapi: Exclude<OpenApiSource, { file: string }> | undefined
  bundler: string
}

/** One run of the bundler over the service. */
export interface Build {
  /** Outputs that were begun, and those that were written. */
  begun: number
  written: number
  failed: boolean
  gathered: Gathered | undefined
  /** Emitted files of whole folders: path in the output to reference. */
  ownFolders: Map<string, string>
}

/**
 * What the parts of one plugin share. Fields that a later hook fills have getters that fail loudly when read before.
 */
export class BentoContext {
  /** Those of `bento()` alone, until {@link readOptions} has added what files of the project say. */
  options: ResolvedOptions
  /** Files other than the config that options came from. */
  optionFiles: readonly string[] = []
  /** What started the build, where that was `build()`. */
  channel: BuildChannel | undefined
  /** About the options; said once the bundler listens. */
  warnings: string[]
  readonly models: ModelRequests
  /**
   * What modules name by where they lie and was emitted, by reference; the file it was made of. Of rebuilds as well:
   * modules that did not change keep their references.
   */
  readonly ownFiles = new Map<string, { file: string; executable: boolean }>()
  build: Build = newBuild()
  /** How the bento starts, once the entry has been read. Rebuilds do not read it again while it is unchanged. */
  mode: ServiceMode | undefined
  report: BuildReport | undefined
  /** The folder that relative options begin in. */
  root: string = process.cwd()
  /** In Vite: the environment that becomes the bento. */
  environment: string | undefined
  /** In Vite: the web client beside the service. */
  client: ClientBuild | undefined
  /** Whether the output folder holds nothing but this build, so that all of it is packaged. */
  ownsOutDir = false
  /** In Vite: absolute paths of what all environments write. */
  outputs: string[] = []
  /** Whether the config belongs to Vitest: models resolve everywhere, nothing is built. */
  underVitest = false
  /** While developing: reload when the store would answer otherwise. */
  followModel: (request: string) => Promise<void> = async () => {}
  /** While developing: the service's code is not what was loaded any more. */
  serviceChanged: () => void = () => {}
  #service: string | undefined
  readonly #input: BentoOptions
  readonly #inputWarnings: readonly string[]

  /** @throws `OPTION_INVALID` */
  constructor(input: unknown) {
    const { options, warnings } = checked(input)
    this.#input = (input ?? {}) as BentoOptions
    this.options = options
    this.warnings = [...warnings]
    this.#inputWarnings = warnings
    this.models = new ModelRequests(
      () => this.options.models,
      () => this.home,
    )
  }

  /**
   * Merges the options with those of the project's bentofile and package.json, and with those of whoever started the
   * build. Every face calls it as soon as the root is known.
   *
   * @param root the folder that relative options begin in
   * @throws `OPTION_INVALID`, `BENTOFILE_INVALID`, `IO_FAILED`
   */
  async readOptions(root: string, channel?: BuildChannel): Promise<void> {
    this.root = root
    this.channel = channel
    const project = findProject(join(root, 'package.json'))
    const { options, sources, files, warnings } = await readLayers({
      root,
      project: { path: join(project.root, 'package.json'), manifest: project.manifest },
      bentofile: channel?.bentofile,
      config: this.#input,
      overrides: channel,
    })
    this.options = options
    this.optionFiles = files
    this.warnings = [...this.#inputWarnings, ...warnings]
    channel?.explain?.(sources)
  }

  /** The store's home; undefined means the default one. */
  get home(): string | undefined {
    return this.options.store === undefined ? undefined : storeHome(this.root, this.options.store)
  }

  /** Absolute path of the service entry. */
  get service(): string {
    if (this.#service === undefined) throw new Error('The service entry is not known before the build begins.')
    return this.#service
  }

  set service(path: string) {
    this.#service = path
  }

  get project(): Project {
    return findProject(this.service)
  }

  /** Whether a module is the service entry. Plugins wrap modules under ids with a NUL before or a query behind. */
  isService(id: string): boolean {
    const path = id.replace(/^\0/, '').replace(/\?.*$/s, '')
    return samePath(path, this.service)
  }

  /** Whether what is being built becomes the bento. */
  isPackaged(environment: HookEnvironment | undefined): boolean {
    return environment === undefined ? this.environment === undefined : environment.name === this.environment
  }

  /** Whether a path lies where builds write. */
  isOutput(path: string): boolean {
    return this.outputs.some(folder => holds(folder, path))
  }

  /** Forgets the build before: a new one begins. */
  startBuild(): void {
    this.build = newBuild()
    this.models.forget()
  }
}

function checked(input: unknown): ReturnType<typeof resolveOptions> {
  try {
    return resolveOptions(input)
  } catch (error) {
    // Thrown while the user's config is read, where no hook could tell it.
    throw readable(error)
  }
}

function newBuild(): Build {
  return { begun: 0, written: 0, failed: false, gathered: undefined, ownFolders: new Map() }
}

function samePath(a: string, b: string): boolean {
  const [left, right] = [a, b].map(path => path.replaceAll('\\', '/'))
  if (left === right) return true
  // Bundlers resolve symbolic links, unless they are told not to.
  return left?.split('/').at(-1) === right?.split('/').at(-1) && realPath(a) === realPath(b)
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync.native(path)
  } catch {
    return undefined
  }
}
