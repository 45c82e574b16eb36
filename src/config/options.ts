/**
 * Options of the plugin, the same for Vite, Rollup and Rolldown. All are optional.
 *
 * @example
 * ```ts
 * bento({ service: 'src/service.ts', labels: { team: 'vision' } })
 * ```
 */
export interface BentoOptions {
  /**
   * The service entry: the module that the bento starts from, relative to the root of the Vite project (Rollup and
   * Rolldown: to the working directory).
   *
   * @default Vite: `src/service.ts` (or `.tsx`, `.mts`, `.cts`, `.js`, `.jsx`, `.mjs`, `.cjs`); where you build for ssr
   * yourself, and in Rollup and Rolldown: the only entry of the build
   */
  service?: string
  /**
   * Name of the bento: up to 63 of `a-z`, `0-9`, `-`, `_` and `.`.
   *
   * @default the name in package.json without its scope, other characters replaced by `-`
   */
  name?: string
  /**
   * `'content'` derives the version from what the bento holds, so that the same content keeps its version; `'time'`
   * makes a new version of each build, as BentoML does; anything else is the version itself.
   *
   * @default 'content'
   * @example '1.4.0'
   */
  version?: 'content' | 'time' | (string & {})
  /**
   * Labels of the bento.
   *
   * @default {}
   * @example { owner: 'vision', stage: 'dev' }
   */
  labels?: Record<string, string>
  /**
   * What the service is, in Markdown: the README of the bento. `file:<path>` takes it from a file of the project.
   *
   * @default a README made from name, models and packages
   * @example 'file:docs/service.md'
   */
  description?: string
  /**
   * Environment variables that the bento sets where it is installed and run.
   *
   * @default []
   * @example { OMP_NUM_THREADS: '1' }
   * @example [{ name: 'ONNXRUNTIME_NODE_INSTALL_CUDA', value: 'skip', stage: 'build' }]
   */
  envs?: Record<string, string> | BentoEnvOption[]
  /**
   * Arguments of the build, kept in the manifest as BentoML's `args`: JSON values without `null`. The service reads them
   * from `virtual:bento/args`.
   *
   * @default {}
   * @example { threshold: 0.5 }
   */
  args?: Record<string, unknown>
  /**
   * Models that go along although no import names them, and aliases for those that imports do.
   *
   * @default []
   * @example ['tokenizer:v3', { tag: 'iris_clf?stage=production', alias: 'classifier' }]
   */
  models?: (string | BentoModelOption)[]
  /**
   * Home of the model and bento store. `~` is expanded; a relative path begins where `service` begins.
   *
   * @default `BENTOML_HOME`, else `~/bentoml`
   */
  store?: string
  /**
   * How the bento starts: `'handler'` serves what the entry exports by default; `'program'` runs the entry as the main
   * module, which starts its own server. `'auto'` takes `'handler'` for an entry with a default export (or
   * `module.exports =`) that does not ask whether it was run directly (`import.meta.main`, `process.argv[1]`,
   * `require.main`).
   *
   * @default 'auto'
   */
  server?: 'auto' | 'handler' | 'program'
  /**
   * Files of the project that go along beside what the build emits: patterns as git has them (`*.sql` at any depth,
   * `/data/` at the top, `!x` takes back), relative to the project's folder. Each lies in `src/` where it lies in the project, which is
   * the service's working directory.
   *
   * @default []
   * @example ['migrations/', 'templates/*.html']
   */
  include?: string[]
  /**
   * Files that do not go along, whatever `include` says; patterns as in `include`. `.bentoignore` files say the same,
   * each for its folder.
   *
   * @default []
   * @example ['*.test.html']
   */
  exclude?: string[]
  /**
   * Whether files that the code reads beside itself or from its working directory are found by tracing the sources, and
   * put where the code looks for them.
   *
   * @default true
   */
  trace?: boolean
  /**
   * Folder of the web client, which goes along as `src/client/` and is served before the service's own routes; relative
   * as `service` is. `false` leaves it out.
   *
   * @default Vite: the output of the environment `client`, where there is one; Rollup and Rolldown: none
   */
  client?: string | false
  /**
   * Path of an OpenAPI document (JSON or YAML) that describes the service; relative as `service` is.
   *
   * @default what the service exports as `openapi`
   * @example 'openapi.yaml'
   */
  openapi?: string
  /** How an image of the bento is made. */
  image?: BentoImageOption
  /**
   * Platforms that the bento must be installable on: the build fails where the lock lacks a package for one of them.
   * `os/architecture`, with `/musl` behind for Alpine.
   *
   * @default []
   * @example ['linux/amd64', 'linux/arm64']
   */
  platforms?: string[]
  /** Packages of the bento. */
  dependencies?: {
    /**
     * Packages to lock that no import shows: loaded by a computed name, or named in a string.
     *
     * @default []
     * @example ['pino-pretty']
     */
    include?: string[]
  }
  /**
   * Packages that stay outside the bundle because they hold native code or cannot be bundled, in addition to those the
   * plugin knows. `'!name'` lets the bundler have a known one.
   *
   * @default []
   * @example ['@acme/native-tokenizer', '!typeorm']
   */
  natives?: string[]
  /**
   * Whether `--watch` publishes a bento after each rebuild.
   *
   * @default false
   */
  watch?: boolean
  /**
   * Path of a JSON file for the report of the build ({@link BuildReport}); relative as `service` is.
   *
   * @default none
   * @example 'dist/bento.json'
   */
  report?: string
}

/** An environment variable of the bento. */
export interface BentoEnvOption {
  /** Name of the variable: a letter or `_`, then letters, digits and `_`. */
  name: string
  /** Its value, one line of text. */
  value: string
  /**
   * When it is set: while packages are installed (`'build'`), while the service runs (`'runtime'`), or both.
   *
   * @default 'all'
   */
  stage?: 'all' | 'build' | 'runtime'
}

/** A model that goes into the bento. */
export interface BentoModelOption {
  /** What to ask the store for: `name`, `name:latest`, `name:version`, a prefix of a version, `name?label=value`. */
  tag: string
  /**
   * Another name for it: `virtual:bento/model/<alias>`. It wins over a model of the same name.
   *
   * @default none
   */
  alias?: string
}

/** How an image of the bento is made: `env/docker/Dockerfile`, `bento containerize`, BentoML's `containerize`. */
export interface BentoImageOption {
  /**
   * Image to begin with; `distro` and `node` then say nothing. It needs Node, npm and a shell.
   *
   * @default the official Node image of `node` and `distro`
   * @example 'registry.example/base/node:24'
   */
  base?: string
  /** @default 'debian' */
  distro?: 'debian' | 'alpine'
  /**
   * Version of Node in the default image.
   *
   * @default the newest line of long-term support that the project's `engines.node` allows
   * @example '22.12'
   */
  node?: string
  /**
   * Packages of the distribution to install.
   *
   * @default []
   * @example ['ffmpeg']
   */
  systemPackages?: string[]
  /** Script of the project that is run as root after the system packages are installed. @default none */
  setupScript?: string
  /** Shell commands that are run as root before the service's packages are installed. @default [] */
  commands?: string[]
  /** Shell commands that are run as root after the service's packages are installed. @default [] */
  postCommands?: string[]
  /**
   * Path of a Dockerfile template of the project, which replaces blocks of the default one.
   *
   * @default none
   */
  template?: string
}

/** The names of all options of {@link BentoImageOption}. */
export const IMAGE_OPTION_NAMES = [
  'base',
  'distro',
  'node',
  'systemPackages',
  'setupScript',
  'commands',
  'postCommands',
  'template',
] as const satisfies readonly (keyof BentoImageOption)[]

/** The names of all options: for telling unknown ones. */
export const OPTION_NAMES = [
  'service',
  'name',
  'version',
  'labels',
  'description',
  'envs',
  'args',
  'models',
  'store',
  'server',
  'include',
  'exclude',
  'trace',
  'client',
  'openapi',
  'image',
  'platforms',
  'dependencies',
  'natives',
  'watch',
  'report',
] as const satisfies readonly (keyof BentoOptions)[]
