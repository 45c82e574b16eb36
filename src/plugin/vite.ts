import type { Plugin } from 'vite'
import type { BentoOptions } from '../config/options.js'
import type { BentoPluginApi } from './api.js'
import { argsImport } from './args-import.js'
import { clientBuild } from './client.js'
import { collect } from './collect.js'
import { commonJsNames } from './commonjs.js'
import { BentoContext } from './context.js'
import { devServer } from './dev-server.js'
import { entryParts } from './entry.js'
import type { HookContext, Part } from './hooks.js'
import { modelImports } from './model-imports.js'
import { modelReload } from './model-reload.js'
import { nativeAddons } from './native-addons.js'
import { nativeExternals } from './native-externals.js'
import { ownFiles } from './own-files.js'
import { PLUGIN_NAME } from './part.js'
import { previewServer } from './preview-server.js'
import { viteBuild } from './vite-build.js'
import { viteEnvironment } from './vite-environment.js'
import { viteOptions } from './vite-options.js'
import { workspaceExternals } from './workspace-externals.js'

export type { BuildReport } from '../bento/types.js'
export type { BentoEnvOption, BentoModelOption, BentoOptions } from '../config/options.js'
export type { BentoPluginApi } from './api.js'

/**
 * Packages the service of a Vite project as a bento with each `vite build`, and lets it import models from the store,
 * in development and in tests as well.
 *
 * @returns the parts of the plugin; `api` of the array, and of the first part, holds the report of the build
 * @throws `OPTION_INVALID` naming every wrong option
 * @example
 * ```ts
 * // vite.config.ts
 * import { defineConfig } from 'vite'
 * import { bento } from 'vite-plugin-bento'
 *
 * export default defineConfig({ plugins: [bento({ service: 'src/service.ts' })] })
 * ```
 */
export function bento(options?: BentoOptions): Plugin[] & { api: BentoPluginApi } {
  const context = new BentoContext(options)
  const api: BentoPluginApi = {
    get report() {
      return context.report
    },
  }
  const parts: Part[] = [
    {
      name: PLUGIN_NAME,
      api,
      buildStart(this: HookContext): void {
        for (const warning of context.warnings.splice(0)) this.warn(warning)
      },
    },
    ...[viteOptions(context), ...viteEnvironment(context), previewServer(context)].map(inPreviewsToo),
    modelImports(context),
    argsImport(context),
    modelReload(context),
    nativeAddons(context),
    ...entryParts(context),
    devServer(context),
    ...[
      clientBuild(context),
      nativeExternals(context),
      workspaceExternals(context),
      ownFiles(context),
      commonJsNames(context),
      collect(context),
    ].map(buildOnly),
    ...viteBuild(context),
  ]
  const plugins: Plugin[] = parts.map(part => ({
    // Vite reads the config anew for each environment; the parts that gather must be the same in all.
    sharedDuringBuild: true,
    apply: (_config, env) => env.isPreview !== true,
    ...part,
  }))
  return Object.assign(plugins, { api })
}

function inPreviewsToo(part: Part): Part {
  return { apply: () => true, ...part }
}

function buildOnly(part: Part): Part {
  return { apply: 'build', ...part }
}

const required = Object.assign((options?: BentoOptions) => bento(options), { bento, default: bento })

// What `require()` of this module returns.
export { bento as default, required as 'module.exports' }
