import { BentoError } from '../core/errors.js'
import type { BentoPluginApi } from './api.js'
import { argsImport } from './args-import.js'
import { collect } from './collect.js'
import { commonJsNames } from './commonjs.js'
import { BentoContext } from './context.js'
import { entryParts } from './entry.js'
import type { HookContext, MinimalHookContext, Part } from './hooks.js'
import { modelImports } from './model-imports.js'
import { nativeAddons } from './native-addons.js'
import { nativeExternals } from './native-externals.js'
import { ownFiles } from './own-files.js'
import { guarded, PLUGIN_NAME, part } from './part.js'
import { findService } from './project.js'
import { tail } from './tail.js'

/** Input options of Rollup and Rolldown, as far as they are read or set here. */
interface InputOptions {
  input?: string | string[] | Record<string, string>
  plugins?: unknown
  cwd?: string
  platform?: string
  experimental?: { attachDebugInfo?: string }
}

/**
 * The plugin for Rollup and Rolldown: one plugin, which brings its parts along. They are added at the end of the list
 * when the build begins, since the one that publishes must come after every other plugin.
 */
export function rollupLike(input: unknown): Part & { api: BentoPluginApi } {
  const context = new BentoContext(input)
  return {
    name: PLUGIN_NAME,
    api: {
      get report() {
        return context.report
      },
    },
    options: guarded(async function (this: MinimalHookContext, options: InputOptions): Promise<InputOptions> {
      context.startBuild()
      await context.readOptions(options.cwd ?? process.cwd())
      const withParts = { ...options, plugins: [options.plugins, ...parts(context)] }
      return this.meta.rolldownVersion === undefined
        ? ownInput(context, withParts)
        : forNode(ownInput(context, withParts))
    }),
    buildStart(this: HookContext): void {
      for (const warning of context.warnings.splice(0)) this.warn(warning)
    },
  }
}

function parts(context: BentoContext): Part[] {
  return [
    serviceEntry(context),
    modelImports(context),
    argsImport(context),
    nativeExternals(context),
    nativeAddons(context),
    ...entryParts(context),
    ownFiles(context),
    commonJsNames(context),
    collect(context),
    tail(context, hook => hook.meta.watchMode !== true || context.options.watch),
  ]
}

/** The option `service` is enough: a config without an input builds it. */
function ownInput(context: BentoContext, options: InputOptions): InputOptions {
  const isGiven = options.input !== undefined && Object.values(options.input).length > 0
  return isGiven || context.options.service === undefined ? options : { ...options, input: context.options.service }
}

/**
 * A service runs in Node, where Rolldown would build for browsers. Its comments on where code came from hold paths
 * relative to the working directory: the same project would give other bytes elsewhere.
 */
function forNode(options: InputOptions): InputOptions {
  return {
    ...options,
    platform: options.platform ?? 'node',
    experimental: { ...options.experimental, attachDebugInfo: options.experimental?.attachDebugInfo ?? 'none' },
  }
}

/** Finds the service among the entries of the build. */
function serviceEntry(context: BentoContext): Part {
  return part('entry-file', {
    buildStart: {
      order: 'pre',
      handler: guarded(function (this: HookContext, options: InputOptions): void {
        context.service = findService(context.root, context.options.service ?? onlyInput(options.input))
      }),
    },
  })
}

function onlyInput(input: InputOptions['input']): string {
  const inputs = input === undefined ? [] : typeof input === 'string' ? [input] : Object.values(input)
  const [only] = inputs
  if (only !== undefined && inputs.length === 1) return only
  const names = inputs.length === 0 ? 'no entry' : `${inputs.length} entries: ${inputs.join(', ')}`
  throw new BentoError('SERVICE_NOT_FOUND', `The build has ${names}, and no option says which is the service.`, {
    hint: "Name it: bento({ service: 'src/service.js' }).",
  })
}
