import type { FullTag } from '../core/tag.js'
import type { ModelInfo } from '../store/model-info.js'
import type { PlatformSupport } from './platforms.js'

/** One import that stays outside the bundle, as some part of the build saw it. */
export interface ExternalImport {
  /** As written: `onnxruntime-node`, `hono/serve-static`. */
  specifier: string
  /** The package it names: `onnxruntime-node`, `hono`. */
  packageName: string
  /** Absolute path of the importing source file; undefined where only the emitted code shows the import. */
  importer: string | undefined
  /** `tried`: loaded within `try { }` alone, so that the code can do without it. */
  kind: 'static' | 'dynamic' | 'require' | 'tried'
}

/** A model the service uses, resolved and pinned. */
export interface ModelPin {
  /** What the service asked for: `iris_clf:latest`, `iris_clf?stage=production`, an alias. */
  requests: string[]
  alias: string | undefined
  tag: FullTag
  /** `sha256:<hex>` over the model's files (design, part 2). */
  digest: string
  /** Bytes of the model's files. */
  size: number
  info: ModelInfo
}

/** An environment variable of the bento, as in BentoML's `envs`. */
export interface BentoEnv {
  name: string
  value: string
  stage: 'all' | 'build' | 'runtime'
}

/**
 * How the bento starts. `handler`: `src/server.js` imports the entry and serves its default export.
 * `program`: the entry starts its own server and is itself the main module.
 */
export type ServiceMode = 'handler' | 'program'

/** How an image is made, every option checked. Paths are as the user wrote them. */
export interface ImageOptions {
  base: string | undefined
  distro: 'debian' | 'alpine'
  node: string | undefined
  systemPackages: string[]
  setupScript: string | undefined
  commands: string[]
  postCommands: string[]
  template: string | undefined
}

/** The files of a web client, and how they are to be served. */
export interface ClientSnapshot {
  /** Absolute path of its folder. */
  folder: string
  /** POSIX paths relative to `folder`. */
  files: string[]
  /** Those whose names change with their content. */
  hashed: string[]
  /** The path that it lives at, from `/` to `/`. */
  base: string
  /** Whether its `index.html` stands in for pages that the service does not know. */
  spa: boolean
}

/** A file of the project, by its absolute path; a value that was read from the code; or what the emitted entry exports. */
export type OpenApiSource = { file: string } | { value: unknown } | { exported: true }

/** A file that the code reads at run time. */
export interface TracedFile {
  /** Absolute path. */
  from: string
  /** Where the code looks for it, POSIX, relative to `src/`. */
  to: string
  /** The module that reads it, for messages. */
  by: string
}

/** All that the bundler hooks gather: plain data, the input of {@link packageService}. */
export interface ServiceSnapshot {
  /** Absolute path of the project: the folder of the nearest package.json. */
  projectRoot: string
  /** Absolute path of the service entry. */
  service: string
  /** Absolute path of the folder the bundler wrote. */
  outDir: string
  /** Files the build emitted for the service, POSIX paths relative to `outDir`. */
  files: string[]
  /** The entry chunk, one of `files`. */
  entry: string
  /** Whether another emitted chunk imports the entry chunk, so that it can't be moved. */
  entryIsImported: boolean
  mode: ServiceMode
  externals: ExternalImport[]
  pins: ModelPin[]
  /** Where the service's OpenAPI document comes from; undefined where it has none. */
  openapi: OpenApiSource | undefined
  /** Files that the code reads at run time, found by tracing. */
  traced: TracedFile[]
  /** Absolute paths of folders that builds write: what lies in them is no source to include. */
  outputs: string[]
  /** The web client that goes along. */
  client?: ClientSnapshot
  /** Name and version of the bundler, for the summary only: never part of the content. */
  bundler: string
}

/** What of the plugin's options the packaging needs, every default applied. */
export interface PackageOptions {
  /** Bento name, a valid tag part. */
  name: string
  /** `content`, `time` or a version of the user's own. */
  version: string
  labels: Record<string, string>
  description: string | undefined
  envs: BentoEnv[]
  /** JSON values without null. */
  args: Record<string, unknown>
  image: ImageOptions
  /** Packages to lock that no import shows. */
  includeDependencies: string[]
  /** `linux/amd64`, `linux/arm64/musl`: where the bento must be installable. */
  platforms: string[]
  /** Patterns of files of the project that go along, and of those that do not. */
  include: string[]
  exclude: string[]
  /** Store home; undefined means the default one. */
  home: string | undefined
}

/** What one build made: printed as the summary, returned on `plugin.api`, written as JSON on request. */
export interface BuildReport {
  tag: string
  name: string
  version: string
  /** Absolute path of the bento in the store. */
  path: string
  /** False where the store already held the same content. */
  published: boolean
  creationTime: string
  digest: string
  /** Bytes of the bento's own files. */
  size: number
  /** Bytes of the pinned models together. */
  modelSize: number
  mode: ServiceMode
  models: { tag: string; digest: string; size: number; requests: string[]; alias?: string }[]
  packages: {
    /** Packages in the bento's lock. */
    locked: number
    /** Direct dependencies of the bento, name to version. */
    direct: Record<string, string>
    /** Packages with install scripts that npm will not run without `allowScripts`. */
    blockedScripts: string[]
    /** Packages with packages for single platforms, and what the lock has of them. */
    platforms: PlatformSupport[]
  }
  warnings: string[]
  /** Milliseconds the packaging took, bundling left out. */
  duration: number
}

/** Input of {@link lockDependencies}. */
export interface DependencyRequest {
  projectRoot: string
  externals: ExternalImport[]
  include: string[]
  /** Name and version for the bento's package.json. */
  name: string
  version: string
}

/** The bento's own npm project: what `npm ci` in `src/` needs. */
export interface LockedDependencies {
  /** Whole package.json of `src/`, without `main` and `scripts`, which the assembling adds. */
  packageJson: Record<string, unknown>
  /** Text of package-lock.json. */
  lock: string
  /** Packages in the lock, the root and links left out. */
  packageCount: number
  direct: Record<string, string>
  blockedScripts: string[]
  warnings: string[]
  /** Local packages (workspaces, `file:` folders) that the lock points at: copied into `src/` under `to`. */
  localPackages: LocalPackage[]
  /** Single files that package.json or the lock point at (patches, `file:` tarballs): `from` absolute, `to` below `src/`. */
  files: { from: string; to: string }[]
  /** Patches to apply once the packages are installed, in that order. */
  patches: LockedPatch[]
  /** Text of `src/.npmrc` where `npm ci` needs an option of the project's (`legacy-peer-deps`), never a credential. */
  npmrc: string | undefined
}

/** A patch of a locked package. */
export interface LockedPatch {
  /** The package's place in the lock: `node_modules/is-number`. */
  package: string
  /** Absolute path of the diff. */
  from: string
  /** Where it goes, POSIX, relative to `src/`. */
  to: string
  /** What paths in the diff begin with before those inside of the package; empty for none. */
  prefix: string
}

/** A package of the project's own that stays outside the bundle and so travels with it. */
export interface LocalPackage {
  /** Absolute path of its folder. */
  from: string
  /** Its folder in the bento, POSIX, relative to `src/`. */
  to: string
  /** What to copy, POSIX paths relative to `from`; package.json is not among them. */
  files: string[]
  /** Written as its package.json: the source's without scripts and devDependencies, `file:` specs re-pointed. */
  packageJson: Record<string, unknown>
}
