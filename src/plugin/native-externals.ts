import type { BentoContext } from './context.js'
import type { HookContext, Part } from './hooks.js'
import { nativePattern } from './natives.js'
import { part } from './part.js'

/** Keeps packages with native code outside the bundle, whatever the bundler is told. */
export function nativeExternals(context: BentoContext): Part {
  const natives = nativePattern(context.options.natives)
  return part('natives', {
    resolveId: {
      order: 'pre',
      filter: { id: natives },
      handler(this: HookContext, id: string): { id: string; external: true } | undefined {
        if (!natives.test(id) || !context.isPackaged(this.environment)) return undefined
        return { id, external: true }
      },
    },
  })
}
