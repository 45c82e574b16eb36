import { existsSync } from 'node:fs'
import { isAbsolute, relative, resolve } from 'node:path'
import { SERVER, SERVICE } from '../bento/layout.js'
import { BentoError } from '../core/errors.js'
import type { BentoContext } from './context.js'
import type { HookContext, MinimalHookContext, Part } from './hooks.js'
import { guarded, part } from './part.js'
import { DEFAULT_SERVICE, findService } from './project.js'
import { packaging, publish } from './publish.js'
import { tail } from './tail.js'
import { ENVIRONMENT } from './vite-environment.js'

interface BuildEnvironment {
  name: string
  isBuilt: boolean
  config: { build: EnvironmentBuild }
}

interface EnvironmentBuild {
  ssr?: boolean | string
  watch?: unknown
  write?: boolean
  outDir: string
  emptyOutDir?: boolean | null
  rollupOptions?: { input?: unknown }
  rolldownOptions?: { input?: unknown }
  lib?: unknown
}

interface Builder {
  environments: Record<string, BuildEnvironment>
  config: { root: string; input?: unknown; logger: { info(message: string): void } }
  build(environment: BuildEnvironment): Promise<unknown>
}

interface OutputNames {
  entryFileNames?: unknown
}

interface Inputs {
  input?: unknown
  plugins?: unknown
  experimental?: { attachDebugInfo?: string }
}

const NO_BENTO =
  "No bento was made: build() of Vite's API builds one environment only. " +
  'Run vite build, or use createBuilder(config, null) and its buildApp().'

/** Drives `vite build`: the client where there is one, then the service, then the bento. */
export function viteBuild(context: BentoContext): Part[] {
  /** Whether `vite build` runs, which calls `buildApp`; `build()` of Vite's API does not. */
  let inApp = false

  return [
    part('build', {
      apply: 'build',
      sharedDuringBuild: true,
      buildApp: {
        order: 'pre',
        handler: guarded(async function (this: MinimalHookContext, builder: Builder): Promise<void> {
          inApp = true
          context.startBuild()
          context.root = builder.config.root
          // Before the client is built in vain.
          if (builder.environments[ENVIRONMENT] !== undefined) findOwnService(context)
        }),
      },

      options: guarded(function (this: HookContext, options: Inputs): Inputs | undefined {
        if (!context.isPackaged(this.environment)) return undefined
        const isWanted = (hook: HookContext) => (hook.meta.watchMode === true ? context.options.watch : !inApp)
        const plugins = [options.plugins, tail(context, isWanted)]
        // Comments on where code came from hold paths relative to the working directory.
        const experimental = {
          ...options.experimental,
          attachDebugInfo: options.experimental?.attachDebugInfo ?? 'none',
        }
        return this.meta.rolldownVersion === undefined ? { ...options, plugins } : { ...options, plugins, experimental }
      }),

      outputOptions(this: HookContext, options: OutputNames): OutputNames | undefined {
        if (this.environment?.name !== ENVIRONMENT || !context.isPackaged(this.environment)) return undefined
        const { entryFileNames } = options
        const isOurs = entryFileNames === undefined || entryFileNames === '[name].js' || entryFileNames === '[name].mjs'
        return isOurs
          ? { ...options, entryFileNames: () => (context.mode === 'handler' ? SERVICE : SERVER) }
          : undefined
      },

      buildStart: {
        order: 'pre',
        handler: guarded(function (this: HookContext & { environment: BuildEnvironment }, options: Inputs): void {
          if (!context.isPackaged(this.environment as never)) return
          packaging().catch(() => {})
          context.service =
            this.environment.name === ENVIRONMENT ? findOwnService(context) : serviceOf(context, options)
          context.ownsOutDir = isEmptied(context.root, this.environment.config.build)
        }),
      },
    }),

    part('api-build', {
      apply: 'build',
      sharedDuringBuild: true,
      closeBundle(this: HookContext): void {
        // `build()` of Vite's API builds the client alone, and calls no `buildApp`.
        if (inApp || context.environment !== ENVIRONMENT || this.environment?.name !== 'client') return
        if (this.meta.watchMode !== true) this.warn(NO_BENTO)
      },
    }),

    part('app', {
      apply: 'build',
      enforce: 'post',
      sharedDuringBuild: true,
      buildApp: {
        order: 'post',
        handler: guarded(async function (this: MinimalHookContext, builder: Builder): Promise<void> {
          for (const environment of toBuild(builder)) await builder.build(environment)
          const packaged = builder.environments[context.environment ?? ENVIRONMENT]
          if (packaged === undefined || packaged.config.build.watch) return
          if (packaged.config.build.write === false) {
            return this.warn('The build writes no files (build.write is false), so no bento was made.')
          }
          await publish(context, summary => builder.config.logger.info(summary))
        }),
      },
    }),
  ]
}

function findOwnService(context: BentoContext): string {
  return findService(context.root, context.options.service ?? DEFAULT_SERVICE)
}

/**
 * Where another plugin or the user's config has built environments, only the bento is left to do. Else all are, as
 * Vite itself would after this hook, but a client without an entry: a service needs none.
 */
function toBuild({ environments, config }: Builder): BuildEnvironment[] {
  const all = Object.values(environments)
  const own = all.filter(({ name }) => name === ENVIRONMENT)
  if (all.some(({ isBuilt }) => isBuilt)) return own.filter(({ isBuilt }) => !isBuilt)
  const others = all.filter(environment => environment.name !== ENVIRONMENT)
  const isAlone = own.length === 0
  return [...others.filter(environment => isAlone || hasEntry(environment, config)), ...own]
}

/** Vite itself adds the environments `client` and, where the config mentions it, `ssr`: they may have nothing to build. */
function hasEntry({ name, config: { build } }: BuildEnvironment, config: Builder['config']): boolean {
  const input = (build.rolldownOptions ?? build.rollupOptions)?.input ?? config.input
  if (build.lib || input !== undefined || typeof build.ssr === 'string') return true
  return name === 'client' ? existsSync(resolve(config.root, 'index.html')) : name !== 'ssr'
}

/** In a build for ssr of the user's own: the entry that the option names, else the only one. */
function serviceOf(context: BentoContext, { input }: Inputs): string {
  if (context.options.service !== undefined) return findService(context.root, context.options.service)
  const inputs = typeof input === 'string' ? [input] : Object.values((input ?? {}) as Record<string, string>)
  const [only] = inputs
  if (only !== undefined && inputs.length === 1) return findService(context.root, only)
  throw new BentoError('SERVICE_NOT_FOUND', `The ssr build has ${inputs.length} entries: ${inputs.join(', ')}.`, {
    hint: "Say which is the service: bento({ service: 'src/service.ts' }).",
  })
}

/** Whether Vite empties the folder before it writes: then all that lies there afterwards belongs to the build. */
function isEmptied(root: string, { watch, outDir, emptyOutDir }: EnvironmentBuild): boolean {
  if (watch) return false
  const below = relative(root, resolve(root, outDir))
  return emptyOutDir ?? !(below.startsWith('..') || isAbsolute(below))
}
