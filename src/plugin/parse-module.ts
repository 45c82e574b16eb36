import type { HookContext } from './hooks.js'
import type { Node } from './syntax.js'

const LANGUAGES: Record<string, 'js' | 'jsx' | 'ts' | 'tsx'> = {
  ts: 'ts',
  mts: 'ts',
  cts: 'ts',
  tsx: 'tsx',
  jsx: 'jsx',
  js: 'jsx',
  mjs: 'js',
  cjs: 'js',
}

/**
 * Parses a module in the language of its name. Undefined for what this bundler's parser cannot read (Rollup's knows
 * JavaScript only); a syntax error is the bundler's to report.
 */
export function parseModule(hook: Pick<HookContext, 'parse'>, code: string, id: string): Node | undefined {
  const lang = LANGUAGES[/\.(\w+)(?:\?.*)?$/s.exec(id)?.[1] ?? '']
  try {
    return hook.parse(code, lang === undefined ? {} : { lang }) as Node
  } catch {
    return undefined
  }
}
