import type { BuildReport } from '../bento/types.js'

/**
 * What the plugin tells other plugins and scripts: `plugin.api`.
 *
 * @example
 * ```ts
 * const plugin = bento({ service: 'src/service.ts' })
 * await (await createBuilder({ plugins: [plugin] }, null)).buildApp()
 * console.log(plugin.api.report?.tag)
 * ```
 */
export interface BentoPluginApi {
  /** The report of the last bento that was published or found unchanged; undefined before. */
  readonly report: BuildReport | undefined
}
