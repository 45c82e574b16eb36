import type { BentoContext } from './context.js'
import { analyseEntry, type EntryAnalysis, modeOf } from './entry-analysis.js'
import type { HookContext, Part } from './hooks.js'
import { parseModule } from './parse-module.js'
import { part } from './part.js'

interface Transformed {
  code: string
  map: unknown
}

/**
 * Looks at the service entry: decides how the bento starts, and makes what asks for the main module say what it would
 * if the entry were started by itself. Two parts: before other plugins, while CommonJS is still as it was written; and
 * after them for what could not be parsed then (TypeScript, where the bundler's parser knows JavaScript only).
 */
export function entryParts(context: BentoContext): Part[] {
  let read = false
  const transform = (last: boolean) => ({
    order: last ? 'post' : 'pre',
    handler(this: HookContext, code: string, id: string): Promise<Transformed | undefined> | undefined {
      if (!context.isPackaged(this.environment) || !context.isService(id)) return undefined
      if (last && read) return undefined
      const program = parseModule(this, code, id)
      read = program !== undefined
      if (program === undefined) return undefined
      const analysis = analyseEntry(program)
      context.mode = modeOf(context.options.server, analysis)
      return replaceGuards(code, analysis, context.mode === 'program')
    },
  })
  return [part('entry', { transform: transform(false) }), part('entry-after', { transform: transform(true) })]
}

async function replaceGuards(code: string, analysis: EntryAnalysis, isMain: boolean): Promise<Transformed | undefined> {
  if (analysis.guards.length === 0) return undefined
  const { default: MagicString } = await import('magic-string')
  const edited = new MagicString(code)
  for (const { start, end, holds } of analysis.guards) edited.overwrite(start, end, String(holds === isMain))
  return { code: edited.toString(), map: edited.generateMap({ hires: 'boundary' }) }
}
