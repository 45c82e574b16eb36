import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { InlineConfig, Plugin, ViteBuilder } from 'vite'
import type { BuildReport } from '../bento/types.js'
import { BentoError } from '../core/errors.js'
import { timed } from '../core/timing.js'
import type { BentoPluginApi } from '../plugin/api.js'
import { type BuildChannel, CHANNEL } from '../plugin/build-channel.js'
import { PLUGIN_NAME } from '../plugin/part.js'
import { buildFailure } from './failure.js'
import { loadVite } from './load-vite.js'
import { type BuildOptions, type BuildRequest, readBuildOptions } from './options.js'

/** Where Vite looks for a config in the root. */
const CONFIG_FILES = ['js', 'mjs', 'ts', 'cjs', 'mts', 'cts'].map(extension => `vite.config.${extension}`)

/** Who asks for a build. */
export interface Asker {
  /** For errors about options: `build()`. */
  name: string
  /** Whether the plugin prints the summary through Vite's logger. */
  summary: boolean
}

/**
 * Runs the project's own Vite build, the plugin added where its config has none, and returns what was published.
 * Changes neither the working directory nor anything that another build in this process could see.
 *
 * @throws every code of the plugin; `BUNDLER_MISSING`, `BUILD_FAILED`
 */
export async function runBuild(options: BuildOptions, asker: Asker): Promise<BuildReport> {
  const request = readBuildOptions(options, asker.name)
  try {
    const vite = await timed('vite', () => loadVite(request.root))
    const builder = await timed('config', () => createBuilder(vite, request, asker))
    const api = apiOf(builder)
    // A config that is loaded by `import` is the same object in every build.
    const before = api?.report
    await timed('app', () => builder.buildApp())
    const report = api?.report
    if (report !== undefined && report !== before) return report
  } catch (error) {
    throw buildFailure(error)
  }
  throw new BentoError('BUILD_FAILED', 'The build has ended, but made no bento.', {
    hint: 'The config must neither watch (build.watch) nor keep from writing (build.write).',
  })
}

async function createBuilder(
  vite: Awaited<ReturnType<typeof loadVite>>,
  { root, configFile, mode, logLevel, ...request }: BuildRequest,
  asker: Asker,
): Promise<ViteBuilder> {
  const channel: BuildChannel = {
    context: root,
    options: request.bento,
    from: asker.name,
    bentofile: request.bentofile,
    summary: asker.summary,
    explain: once(request.explain),
  }
  const config = configFile ?? CONFIG_FILES.map(name => join(root, name)).find(path => existsSync(path)) ?? false
  const inline: InlineConfig = {
    configFile: config,
    ...(mode === undefined ? {} : { mode }),
    logLevel,
    [CHANNEL as string]: channel,
  }
  if (config !== false) {
    const builder = await vite.createBuilder({ ...inline, plugins: [rootFrom(root)] }, null)
    // Plugins hide in arrays, promises and presets: only Vite knows which there are.
    if (apiOf(builder) !== undefined) return builder
  }
  const { bento } = await import('../plugin/vite.js')
  return vite.createBuilder({ ...inline, plugins: [rootFrom(root), bento()] }, null)
}

/**
 * Has the root of a config begin in the build context, where Vite would take the working directory. A root in the inline
 * config would win over the config's own.
 */
function rootFrom(context: string): Plugin {
  return {
    name: `${PLUGIN_NAME}:root`,
    enforce: 'pre',
    config: { order: 'pre', handler: ({ root = '.' }) => ({ root: resolve(context, root) }) },
  }
}

function apiOf({ config }: ViteBuilder): BentoPluginApi | undefined {
  return config.plugins.find(({ name }) => name === PLUGIN_NAME)?.api
}

/** Vite reads the config once for each environment. */
function once<T>(listener: ((value: T) => void) | undefined): ((value: T) => void) | undefined {
  let open = listener
  return value => {
    const listen = open
    open = undefined
    listen?.(value)
  }
}
