import type { BentoContext } from './context.js'
import type { HookContext, Part } from './hooks.js'
import { guarded, part, readable } from './part.js'
import { publish } from './publish.js'

/**
 * Publishes when the bundler closes the build: after every other plugin, and only when as many outputs were written as
 * were begun. `writeBundle` is too early, since another plugin's may still fail; and bundlers tell of errors in
 * different hooks: Rolldown closes a failed build twice, the second time without the error.
 *
 * The part must come last in the list of plugins.
 *
 * @param isWanted whether this build is published here at all
 */
export function tail(context: BentoContext, isWanted: (hook: HookContext) => boolean): Part {
  return part('publish', {
    buildEnd(error?: Error): void {
      if (error !== undefined) context.build.failed = true
    },

    closeBundle: {
      order: 'post',
      sequential: true,
      handler: guarded(async function (this: HookContext, error?: Error): Promise<void> {
        const { build } = context
        if (error !== undefined) build.failed = true
        if (!isWanted(this)) return
        const isWhole = !build.failed && build.written > 0 && build.written === build.begun
        try {
          if (isWhole) await publish(context, summary => say(this, summary))
        } catch (error) {
          // The next change may mend it. Thrown, Vite 7 would die of it, and Rolldown would not say what it was.
          if (this.meta.watchMode !== true) throw error
          this.warn((readable(error) as Error).message)
        } finally {
          // A failed build stays failed until the next begins: it may be closed once more.
          if (isWhole) context.startBuild()
        }
      }),
    },

    watchChange(): void {
      context.startBuild()
    },
  })
}

/** Through the bundler, so that its log level counts. */
function say(hook: HookContext, summary: string): void {
  hook.info(summary)
}
