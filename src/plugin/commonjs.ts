import { BentoError } from '../core/errors.js'
import { visible } from '../core/text.js'
import { type ChunkScan, MAY_BE_COMMONJS, scanChunk } from './chunk-scan.js'
import type { BentoContext } from './context.js'
import type { HookContext, OutputChunk, OutputOptions, Part } from './hooks.js'
import { guarded, part } from './part.js'
import type { Node } from './syntax.js'

interface Rendered {
  code: string
  map: unknown
}

/**
 * Gives emitted ES modules what CommonJS sources expect: `__dirname`, `__filename` and `require`, with the meaning
 * they have for the emitted file. Bundlers turn `module` and `exports` into code, but leave these as they are.
 */
export function commonJsNames(context: BentoContext): Part {
  return part('commonjs', {
    renderChunk: {
      order: 'post',
      handler: guarded(function (
        this: HookContext,
        code: string,
        chunk: OutputChunk,
        output: OutputOptions,
      ): Promise<Rendered> | undefined {
        if (!context.isPackaged(this.environment) || !isEsModule(output) || !MAY_BE_COMMONJS.test(code))
          return undefined
        const scan = scanChunk(this.parse(code) as Node)
        const refusal = unsupported(this, chunk, scan)
        if (refusal !== undefined) throw refusal
        const shim = shimOf(scan)
        return shim === '' && scan.metaMain.length === 0 ? undefined : edit(code, shim, scan.metaMain)
      }),
    },
  })
}

/** Whether the output is made of ES modules. */
export function isEsModule(output: OutputOptions): boolean {
  return output.format === undefined || ['es', 'esm', 'module'].includes(output.format)
}

/** One line, so that it disturbs little; Node has `import.meta.dirname` since 20.11. */
function shimOf({ commonJs }: ChunkScan): string {
  const lines = []
  if (commonJs.has('require')) {
    lines.push("import { createRequire as bentoCreateRequire } from 'node:module'")
    lines.push('const require = bentoCreateRequire(import.meta.url)')
  }
  if (commonJs.has('__dirname')) lines.push('const __dirname = import.meta.dirname')
  if (commonJs.has('__filename')) lines.push('const __filename = import.meta.filename')
  return lines.length === 0 ? '' : `${lines.join('; ')};\n`
}

/** The entry's own `import.meta.main` has been answered; what is left stands in modules that are not the main one. */
async function edit(code: string, shim: string, metaMain: ChunkScan['metaMain']): Promise<Rendered> {
  const { default: MagicString } = await import('magic-string')
  const edited = new MagicString(code)
  for (const { start, end } of metaMain) edited.overwrite(start, end, 'false')
  const hashbang = /^#!.*\n/.exec(code)?.[0].length ?? 0
  edited.appendLeft(hashbang, shim)
  return { code: edited.toString(), map: edited.generateMap({ hires: 'boundary' }) }
}

/** What no line of code can mend: CommonJS that nothing turned into an ES module, and files it does not find. */
function unsupported(hook: HookContext, chunk: OutputChunk, scan: ChunkScan): BentoError | undefined {
  const isRollup = hook.meta.rolldownVersion === undefined && hook.meta.viteVersion === undefined
  const hint = isRollup
    ? 'Add @rollup/plugin-commonjs to the plugins of the Rollup config, or write the module as an ES module.'
    : 'Write the module as an ES module, with import and export alone.'
  const bare = (['module', 'exports'] as const).filter(name => scan.commonJs.has(name) && !scan.asked.has(name))
  if (bare.length > 0) {
    const where = culprit(hook, chunk, /\bmodule\s*\.\s*exports\b|\bexports\s*[.[]/)
    const why = `${where} is CommonJS: it uses ${bare.join(' and ')}, which the emitted ES module ${chunk.fileName} does not have.`
    return new BentoError('SERVICE_UNSUPPORTED', why, { hint })
  }
  const relative = scan.imports.find(({ kind, specifier, inTry }) => kind === 'require' && isFile(specifier) && !inTry)
  if (relative === undefined || !scan.commonJs.has('require')) return undefined
  const path = visible(relative.specifier)
  const where = culprit(hook, chunk, /\brequire\s*\(/)
  return new BentoError(
    'SERVICE_UNSUPPORTED',
    `${where} is CommonJS: it calls require("${path}"), a file that the bundle ${chunk.fileName} does not hold.`,
    { hint },
  )
}

function isFile(specifier: string): boolean {
  return /^\.{0,2}\//.test(specifier) || specifier === '.' || specifier === '..'
}

/** The module of a chunk that most likely brought some code in. */
function culprit(hook: HookContext, chunk: OutputChunk, code: RegExp): string {
  const found = chunk.moduleIds.find(id => code.test(hook.getModuleInfo(id)?.code ?? ''))
  return visible(found?.replace(/^\0/, '').replace(/\?.*$/s, '') ?? chunk.fileName)
}
