import { readdirSync, readFileSync } from 'node:fs'
import { basename, resolve, sep } from 'node:path'
import type { TracedFile } from '../bento/types.js'
import type { BentoContext } from './context.js'
import type { HookContext, OutputChunk } from './hooks.js'
import { MAY_NAME_PLACES } from './own-places.js'
import { parseModule } from './parse-module.js'
import { fileOf } from './part.js'
import { findReads } from './reads.js'
import type { TracedModule } from './trace-modules.js'
import { TracedFiles } from './traced-files.js'

/** A working directory that nothing lies in: what is found with it was not sought from there. */
const NOWHERE = resolve('/no-working-directory-of-a-bento')

/** What paths are computed from. Comparing `import.meta.url` with the main module computes none. */
const COMPUTES =
  /\bimport\s*\.\s*meta\s*\.\s*dirname\b|\b__dirname\b|\bdirname\s*\(|\bnew\s+URL\s*\(.*\bimport\s*\.\s*meta\b/s
const COMPUTES_FROM_CWD = /\bcwd\s*\(|\bpath\w*\s*\.\s*resolve\s*\(|\bresolve\b[^;]*\bfrom\s*['"](?:node:)?path['"]/
const GLOBS = /\b(?:glob|globSync|globby|fast-glob|tinyglobby)\b/

/**
 * Finds the files that the modules of the chunks read at run time, and where the emitted code will look for them: beside
 * the chunk that holds the module, or in the working directory. What cannot be decided, or not be reached from there, is
 * warned of.
 */
export async function traceFiles(
  context: BentoContext,
  hook: HookContext,
  chunks: readonly OutputChunk[],
): Promise<TracedFile[]> {
  const modules = modulesOf(hook, chunks)
  const found = new TracedFiles(context, hook, modules)
  const names = new Set(readdirSync(context.project.root))
  for (const module of modules) {
    if (!MAY_NAME_PLACES.test(module.code) && !mayReadFromCwd(module, names)) continue
    const program = parseModule(hook, module.code, module.file)
    if (program !== undefined) await found.addReads(module, findReads(program, basename(module.file)))
  }
  const fromCwd = modules.filter(({ code }) => COMPUTES_FROM_CWD.test(code))
  const computing = modules.filter(module => COMPUTES.test(module.code) || fromCwd.includes(module))
  if (computing.length === 0) return found.files()
  const { traceModules } = await import('./trace-modules.js')
  const code = await readable(hook, computing)
  const beside = await traceModules(code, NOWHERE)
  for (const module of computing) found.addBeside(module, beside.get(module.file) ?? [])
  if (fromCwd.length === 0) return found.files()
  const all = await traceModules(
    code.filter(({ file }) => fromCwd.some(module => module.file === file)),
    context.project.root,
  )
  for (const module of fromCwd) {
    const known = beside.get(module.file)
    found.addFromCwd(
      module,
      [...(all.get(module.file) ?? [])].filter(file => !known?.has(file)),
    )
  }
  return found.files()
}

/**
 * The code as the tracer can read it. Rolldown keeps the types in the code of a module, and can take them out as well. What
 * Rollup's plugin made of CommonJS says nothing of `require('path')` any more; its source does.
 */
async function readable(hook: HookContext, modules: readonly TracedModule[]): Promise<TracedModule[]> {
  const isTyped = ({ file }: TracedModule) => /(?:\.[cm]?ts|x)$/.test(file)
  const keepsTypes = hook.meta.viteVersion === undefined && hook.meta.rolldownVersion !== undefined
  const strip = keepsTypes && modules.some(isTyped) ? (await import('rolldown/utils')).transformSync : undefined
  return modules.map(module => {
    if (strip !== undefined && isTyped(module)) return { ...module, code: strip(module.file, module.code).code }
    const wasCommonJs = !isTyped(module) && /\bcommonjsHelpers\b|\?commonjs-/.test(module.code)
    return wasCommonJs ? { ...module, code: readFileSync(module.file, 'utf8') } : module
  })
}

function modulesOf(hook: HookContext, chunks: readonly OutputChunk[]): TracedModule[] {
  const modules = new Map<string, TracedModule>()
  for (const { fileName, moduleIds } of chunks) {
    for (const id of moduleIds) {
      const code = hook.getModuleInfo(id)?.code
      const file = id.startsWith('\0') || id.includes('?') ? undefined : fileOf(id)
      if (file === undefined || typeof code !== 'string') continue
      const module = modules.get(file) ?? { file, code, chunks: [] }
      modules.set(file, { ...module, chunks: [...module.chunks, fileName] })
    }
  }
  return [...modules.values()]
}

/** Whether a text of the code begins with the name of something in the project's folder. */
function mayReadFromCwd({ file, code }: TracedModule, own: ReadonlySet<string>): boolean {
  if (file.includes(`${sep}node_modules${sep}`)) return false
  if (GLOBS.test(code)) return true
  for (const [, name = ''] of code.matchAll(/['"`](?:\.\/)?([^'"`/\\\n*?{[]+)/g)) if (own.has(name)) return true
  return false
}
