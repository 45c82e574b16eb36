import type { BentoContext } from './context.js'
import type { HookContext, Part } from './hooks.js'
import { part } from './part.js'
import { sourceLiteral } from './source-literal.js'

const ARGS_IMPORT = 'virtual:bento/args'
const ARGS_ID = `\0${ARGS_IMPORT}.js`

/** Answers `virtual:bento/args`: the option `args`, all layers of options merged. */
export function argsImport(context: BentoContext): Part {
  return part('args-import', {
    resolveId: {
      order: 'pre',
      filter: { id: /^virtual:bento\/args$/ },
      handler(this: HookContext, id: string): string | undefined {
        return id === ARGS_IMPORT ? ARGS_ID : undefined
      },
    },
    load: {
      filter: { id: /^\0virtual:bento\/args\.js$/ },
      handler(this: HookContext, id: string): { code: string; moduleType: 'js' } | undefined {
        if (id !== ARGS_ID) return undefined
        return { code: `export default ${sourceLiteral(context.options.args)}\n`, moduleType: 'js' }
      },
    },
  })
}
