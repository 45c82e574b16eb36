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
   * What the service is, in Markdown: the README of the bento.
   *
   * @default a README made from name, models and packages
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

/** The names of all options: for telling unknown ones. */
export const OPTION_NAMES = [
  'service',
  'name',
  'version',
  'labels',
  'description',
  'envs',
  'models',
  'store',
  'server',
  'dependencies',
  'natives',
  'watch',
  'report',
] as const satisfies readonly (keyof BentoOptions)[]
