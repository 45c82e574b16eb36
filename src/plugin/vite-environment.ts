import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { BentoContext } from './context.js'
import type { HookContext, MinimalHookContext, Part } from './hooks.js'
import { nodeTarget } from './node-target.js'
import { guarded, part } from './part.js'
import { DEFAULT_SERVICE, findProject, servicePath } from './project.js'

/** Name of the environment that becomes the bento. */
export const ENVIRONMENT = 'bento'

interface RollupOptions {
  input?: unknown
  output?: unknown
  preserveEntrySignatures?: unknown
}

interface BuildOptions {
  ssr?: boolean | string
  outDir?: string
  target?: unknown
  minify?: unknown
  watch?: unknown
  emptyOutDir?: boolean | null
  ssrEmitAssets?: boolean
  lib?: unknown
  rollupOptions?: RollupOptions
  rolldownOptions?: RollupOptions
  commonjsOptions?: Record<string, unknown>
}

interface ResolveOptions {
  conditions?: string[]
  noExternal?: unknown
  external?: unknown
}

interface EnvironmentOptions {
  consumer?: 'client' | 'server'
  build?: BuildOptions & Record<string, unknown>
  resolve?: ResolveOptions
}

/** Vite's config as the user wrote it, other plugins' additions included. */
export interface ViteUserConfig extends EnvironmentOptions {
  root?: string
  input?: unknown
  plugins?: unknown
  builder?: object
  esbuild?: { include?: unknown } | false
  ssr?: { noExternal?: unknown; external?: unknown; resolve?: ResolveOptions }
  environments?: Record<string, EnvironmentOptions>
}

interface ViteResolvedConfig {
  root: string
  build: BuildOptions
  command: 'build' | 'serve'
  plugins: readonly { name: string }[]
  environments: Record<string, EnvironmentOptions & { build: BuildOptions }>
}

/**
 * Gives the service an environment of its own beside `client`, with settings that the project's own, made for the
 * client, do not leak into. Where the user builds for ssr, that build is the service's and nothing is added.
 *
 * Vite reads the config once per environment, each time with a new instance of this plugin: what these hooks do must
 * follow from their arguments alone.
 */
export function viteEnvironment(context: BentoContext): Part[] {
  let own: EnvironmentOptions | undefined
  let alone = false
  let outDir = 'dist'
  return [
    part('environment-alone', {
      enforce: 'pre',
      configResolved: {
        order: 'pre',
        // What Vite does itself where it reads the config once per environment: plugins that know nothing of
        // environments look at `config.build`.
        handler(config: ViteResolvedConfig): void {
          const environment = config.environments[ENVIRONMENT]
          if (alone && environment !== undefined) config.build = { ...environment.build }
        },
      },
    }),

    part('environment', {
      enforce: 'post',
      config: {
        order: 'post',
        handler(
          this: MinimalHookContext,
          config: ViteUserConfig,
          { command, isSsrBuild, isPreview }: { command: string; isSsrBuild?: boolean; isPreview?: boolean },
        ) {
          if (command !== 'build')
            return isVitest(config) ? undefined : whileServed(context, config, isPreview === true)
          context.environment = isSsrBuild === true || config.build?.ssr ? 'ssr' : ENVIRONMENT
          outDir = config.build?.outDir ?? outDir
          if (context.environment === 'ssr') return { build: { ssrEmitAssets: config.build?.ssrEmitAssets ?? true } }
          own = copyOf(config.environments?.[ENVIRONMENT])
          alone = isAlone(config)
          const isVite7 = this.meta.rolldownVersion === undefined
          return { ...additions(context, config, own, alone), ...(isVite7 ? typescriptOf(config) : {}) }
        },
      },

      configResolved: guarded(function (this: Pick<HookContext, 'error'>, config: ViteResolvedConfig): void {
        context.underVitest = config.plugins.some(({ name }) => /^vitest(?::|$)/.test(name))
        const folders = Object.values(config.environments).map(({ build }) => build.outDir ?? outDir)
        context.outputs = [outDir, ...folders].map(folder => resolve(config.root, folder))
        const environment = config.environments[ENVIRONMENT]
        if (config.command !== 'build' || environment === undefined) return
        // Top-level rollupOptions are inherited: an `input` of the client's would be bundled into the bento, an `output`
        // would write into the client's folders.
        const ownOptions = own?.build?.rolldownOptions ?? own?.build?.rollupOptions
        const options = environment.build.rolldownOptions ?? environment.build.rollupOptions ?? {}
        options.input = [servicePath(config.root, context.options.service ?? DEFAULT_SERVICE)]
        options.output = isPlain(ownOptions?.output) ? { ...ownOptions.output } : {}
        options.preserveEntrySignatures = ownOptions?.preserveEntrySignatures ?? 'allow-extension'
      }),
    }),
  ]
}

/** Vitest has a project of its own, in which it finds its way by itself. */
function isVitest({ plugins }: ViteUserConfig): boolean {
  return [plugins]
    .flat(Infinity)
    .some(plugin => /^vitest(?::|$)/.test((plugin as { name?: string } | null)?.name ?? ''))
}

/** The same environment for Vite's servers: `vite dev` runs the service in it, `vite preview` wants to know where it was built. */
function whileServed(context: BentoContext, config: ViteUserConfig, isPreview: boolean): ViteUserConfig {
  const isOwnBuild = isPreview && Boolean(config.build?.ssr)
  context.environment = isOwnBuild ? 'ssr' : ENVIRONMENT
  // Vite evaluates ES modules only: packages that a build may well bundle, since it converts them, are loaded by Node here.
  const ssr = config.ssr?.noExternal === true ? { ...config.ssr, noExternal: undefined } : config.ssr
  const own = copyOf(config.environments?.[ENVIRONMENT])
  const { environments = {} } = additions(context, { ...config, ...(ssr && { ssr }) }, own, false)
  return isOwnBuild ? {} : { environments }
}

/**
 * Whether the service is all there is to build. Then the config need not be read a second and third time, for a client
 * that has no entry and for the service: that would be the larger part of what the plugin costs.
 */
function isAlone({ root = '.', input, build, builder, environments = {} }: ViteUserConfig): boolean {
  // Vite adds the first two itself.
  const others = Object.keys(environments).filter(name => !['client', 'ssr', ENVIRONMENT].includes(name))
  const clientInput = build?.rolldownOptions?.input ?? build?.rollupOptions?.input ?? input
  const hasClient = clientInput !== undefined || Boolean(build?.lib) || existsSync(resolve(root, 'index.html'))
  return !hasClient && builder === undefined && others.length === 0
}

/** The user's own settings for the environment, to be read later: the object itself changes while it is resolved. */
function copyOf(own: EnvironmentOptions | undefined): EnvironmentOptions {
  const build = own?.build ?? {}
  return {
    ...own,
    build: {
      ...build,
      ...(build.rollupOptions === undefined ? {} : { rollupOptions: { ...build.rollupOptions } }),
      ...(build.rolldownOptions === undefined ? {} : { rolldownOptions: { ...build.rolldownOptions } }),
    },
  }
}

/** What is added to the user's config. Where the user set something for the environment, that stays. */
function additions(
  context: BentoContext,
  config: ViteUserConfig,
  own: EnvironmentOptions,
  alone: boolean,
): ViteUserConfig {
  const root = resolve(config.root ?? '.')
  const outDir = config.build?.outDir ?? 'dist'
  const project = findProject(servicePath(root, context.options.service ?? DEFAULT_SERVICE))
  const build = own.build ?? {}
  const resolution = resolveOptions(config, own)
  const clientHasOutDir = config.environments?.client?.build?.outDir !== undefined
  return {
    // Without it Vite knows one environment only.
    builder: alone ? { sharedConfigBuild: true } : {},
    environments: {
      ...(clientHasOutDir ? {} : { client: { build: { outDir: `${outDir}/client` } } }),
      [ENVIRONMENT]: {
        consumer: 'server',
        ...(Object.keys(resolution).length === 0 ? {} : { resolve: resolution }),
        build: {
          // `true` replaces a string that the user's top-level config may hold.
          ssr: true,
          lib: false,
          outDir: build.outDir ?? `${outDir}/server`,
          copyPublicDir: build.copyPublicDir ?? false,
          // Else Vite throws away what `?url` and our own parts emit.
          emitAssets: build.emitAssets ?? true,
          minify: build.minify ?? false,
          target: build.target ?? nodeTarget(project.manifest.engines?.node),
          manifest: build.manifest ?? false,
          ssrManifest: build.ssrManifest ?? false,
          // Vite 7 converts CommonJS in node_modules only.
          commonjsOptions: {
            include: [/\.[cm]?[jt]sx?$/],
            extensions: ['.js', '.cjs', '.ts', '.cts', '.jsx', '.tsx'],
            ...config.build?.commonjsOptions,
            ...build.commonjsOptions,
          },
        },
      },
    },
  }
}

/** Vite 7 leaves `.cts` as it is. */
function typescriptOf({ esbuild }: ViteUserConfig): ViteUserConfig {
  return esbuild === false || esbuild?.include !== undefined ? {} : { esbuild: { include: /\.(?:[mc]?ts|[jt]sx)$/ } }
}

/** `ssr.*` and `resolve.conditions` reach only the environment called ssr. */
function resolveOptions({ ssr, resolve }: ViteUserConfig, own: EnvironmentOptions): ResolveOptions {
  const options: ResolveOptions = {}
  if (own.resolve?.noExternal === undefined && ssr?.noExternal !== undefined) options.noExternal = ssr.noExternal
  if (own.resolve?.external === undefined && ssr?.external !== undefined) options.external = ssr.external
  const conditions = ssr?.resolve?.conditions ?? serverConditions(resolve?.conditions)
  if (own.resolve?.conditions === undefined && conditions !== undefined) options.conditions = conditions
  return options
}

/** The user's own conditions with those of a server, in place of those of a browser. */
function serverConditions(conditions: readonly string[] | undefined): string[] | undefined {
  const defaults = ['browser', 'module', 'node', 'development|production']
  const extra = conditions?.filter(condition => !defaults.includes(condition)) ?? []
  return extra.length === 0 ? undefined : [...extra, 'module', 'node', 'development|production']
}

function isPlain(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
