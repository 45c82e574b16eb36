import { resolve } from 'node:path'
import { channelOf } from './build-channel.js'
import type { BentoContext } from './context.js'
import type { Part } from './hooks.js'
import { part, readable } from './part.js'

interface UserConfig {
  root?: string
}

interface ResolvedConfig {
  root: string
  inlineConfig: object
  /** Files whose change restarts the dev server. */
  configFileDependencies: string[]
}

/** Completes the options from the files of the project, once its root is known: before any other part needs them. */
export function viteOptions(context: BentoContext): Part {
  return part('options', {
    enforce: 'pre',
    config: {
      order: 'pre',
      async handler(config: UserConfig): Promise<void> {
        const channel = channelOf(config)
        await told(context.readOptions(resolve(channel?.context ?? '.', config.root ?? '.'), channel))
      },
    },
    configResolved: {
      order: 'pre',
      async handler(config: ResolvedConfig): Promise<void> {
        // Another plugin may have moved the root.
        if (resolve(config.root) !== resolve(context.root)) {
          await told(context.readOptions(config.root, channelOf(config.inlineConfig)))
        }
        context.root = config.root
        config.configFileDependencies.push(...context.optionFiles)
      },
    },
  })
}

async function told(reading: Promise<void>): Promise<void> {
  try {
    await reading
  } catch (error) {
    throw readable(error)
  }
}
