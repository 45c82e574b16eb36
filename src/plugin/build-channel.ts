import type { OptionSource } from '../config/layers.js'
import type { BentoOptions } from '../config/options.js'

/**
 * Key of Vite's inline config under which `build()` hands a {@link BuildChannel} to the plugin. The plugin in the
 * user's config may be another copy of this package; an inline config reaches it all the same, that of one build only,
 * and each time that Vite reads the config.
 */
export const CHANNEL = 'vite-plugin-bento'

/** What `build()` tells the plugin. */
export interface BuildChannel {
  /** Absolute path of the build context, in which the root of the config begins. */
  context: string
  /** Options that win over those of the config. */
  options: BentoOptions
  /** Who gave them, for errors: `build()`, `the command line`. */
  from: string
  /** Absolute path of the bentofile; false reads none, undefined that of the root, if there is one. */
  bentofile: string | false | undefined
  /** Whether the plugin prints the summary of the build. */
  summary: boolean
  /** Hears once where each option came from. */
  explain: ((sources: OptionSource[]) => void) | undefined
}

/** The channel of the build that a Vite config belongs to. */
export function channelOf(config: object): BuildChannel | undefined {
  return (config as { [CHANNEL]?: BuildChannel })[CHANNEL]
}
