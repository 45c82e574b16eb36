import type { BentoContext } from './context.js'
import type { HookContext, Part } from './hooks.js'
import { nativePattern } from './natives.js'
import { part } from './part.js'

/** Keeps packages with native code outside the bundle, whatever the bundler is told. */
export function nativeExternals(context: BentoContext): Part {
  let changes: readonly string[] | undefined
  let pattern = /(?!)/
  /** In Vite the options are complete only when the config is. */
  const natives = (): RegExp => {
    const { natives } = context.options
    if (changes !== natives) pattern = nativePattern(natives)
    changes = natives
    return pattern
  }
  return part('natives', {
    resolveId: {
      order: 'pre',
      // Bundlers read it when the build begins.
      get filter() {
        return { id: natives() }
      },
      handler(this: HookContext, id: string): { id: string; external: true } | undefined {
        if (!natives().test(id) || !context.isPackaged(this.environment)) return undefined
        return { id, external: true }
      },
    },
  })
}
