import type { Plugin } from 'rollup'
import type { BentoOptions } from '../config/options.js'
import type { BentoPluginApi } from './api.js'
import { rollupLike } from './rollup-like.js'

export type { BuildReport } from '../bento/types.js'
export type { BentoEnvOption, BentoModelOption, BentoOptions } from '../config/options.js'
export type { BentoPluginApi } from './api.js'

/**
 * Packages the service that Rollup bundles as a bento, once the bundle is closed.
 *
 * @throws `OPTION_INVALID` naming every wrong option
 * @example
 * ```js
 * // rollup.config.js
 * import { bento } from 'vite-plugin-bento/rollup'
 *
 * export default { input: 'src/server.js', output: { dir: 'dist' }, plugins: [bento()] }
 * ```
 */
export function bento(options?: BentoOptions): Plugin<BentoPluginApi> & { api: BentoPluginApi } {
  return rollupLike(options)
}

const required = Object.assign((options?: BentoOptions) => bento(options), { bento, default: bento })

// What `require()` of this module returns.
export { bento as default, required as 'module.exports' }
