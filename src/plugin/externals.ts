import { builtinModules, isBuiltin } from 'node:module'
import type { ExternalImport } from '../bento/types.js'
import { compareText } from '../core/tag.js'
import type { ChunkScan, CodeImport } from './chunk-scan.js'
import type { HookContext, ModuleInfo, OutputBundle, OutputChunk } from './hooks.js'
import { fileOf } from './part.js'

/** What stays outside the bundle, sorted, and names that no package can answer to. */
export interface Externals {
  packages: ExternalImport[]
  /** Absolute paths, `#imports`, `https:` and other schemes, as they stand in the emitted code. */
  foreign: string[]
}

interface Found {
  specifier: string
  importer: string | undefined
  kind: ExternalImport['kind']
}

/**
 * Finds what a bundle loads at run time. No source alone shows all of it:
 *
 * - `chunk.imports` shows what Rollup's CommonJS plugin hoisted, but not what Rolldown requires at run time;
 * - the module graph knows who imports what, but also what was dropped since, and not what `renderChunk` or
 *   `createRequire` brought in;
 * - the emitted code shows all names that are written out.
 *
 * So it is the union; of what only the graph has, names that occur nowhere in the emitted code are left out, since
 * nothing can load them: `if (import.meta.env.DEV) await import('vite')`.
 *
 * @param scans what {@link scanChunk} found, by file name
 */
export function findExternals(
  hook: Pick<HookContext, 'getModuleInfo'>,
  bundle: OutputBundle,
  scans: ReadonlyMap<string, Pick<ChunkScan, 'imports'>>,
): Externals {
  const chunks = Object.values(bundle).filter(file => file.type === 'chunk')
  const inGraph = chunks.flatMap(chunk => graphImports(hook, chunk))
  const inCode = chunks.flatMap(chunk => codeImports(chunk, bundle, scans.get(chunk.fileName)?.imports ?? []))
  const emitted = new Set(inCode.map(({ specifier }) => specifier))
  const known = new Set(inGraph.map(({ specifier }) => specifier))
  const found = [
    ...inGraph.filter(
      ({ specifier }) => emitted.has(specifier) || chunks.some(chunk => chunk.code.includes(specifier)),
    ),
    ...inCode.filter(({ specifier }) => !known.has(specifier)),
  ].map(use => (onlyTried(use.specifier, scans) ? { ...use, kind: 'tried' as const } : use))
  return sortOut(found, emitted)
}

/** Whether the emitted code can do without: it loads the name within `try` alone. */
function onlyTried(specifier: string, scans: ReadonlyMap<string, Pick<ChunkScan, 'imports'>>): boolean {
  const uses = [...scans.values()].flatMap(({ imports }) => imports.filter(use => use.specifier === specifier))
  return uses.length > 0 && uses.every(({ inTry }) => inTry)
}

function graphImports(hook: Pick<HookContext, 'getModuleInfo'>, chunk: OutputChunk): Found[] {
  return chunk.moduleIds.flatMap(id => {
    const info = hook.getModuleInfo(id)
    if (info === null) return []
    const importer = fileOf(id)
    const outside = (target: string) => isExternal(hook.getModuleInfo(target))
    return [
      ...info.importedIds.filter(outside).map(specifier => ({ specifier, importer, kind: 'static' as const })),
      ...info.dynamicallyImportedIds
        .filter(outside)
        .map(specifier => ({ specifier, importer, kind: 'dynamic' as const })),
    ]
  })
}

/** Rolldown's module info has no `isExternal`; there, externals have no code. */
function isExternal(info: ModuleInfo | null): boolean {
  return info === null || (info.isExternal ?? info.code === null)
}

function codeImports(chunk: OutputChunk, bundle: OutputBundle, scan: readonly CodeImport[]): Found[] {
  const listed = [
    ...chunk.imports.map(specifier => ({ specifier, kind: 'static' as const })),
    ...chunk.dynamicImports.map(specifier => ({ specifier, kind: 'dynamic' as const })),
  ].filter(({ specifier }) => bundle[specifier] === undefined)
  return [...listed, ...scan].map(({ specifier, kind }) => ({ specifier, kind, importer: undefined }))
}

function sortOut(found: readonly Found[], emitted: ReadonlySet<string>): Externals {
  const packages = new Map<string, ExternalImport>()
  const foreign = new Set<string>()
  for (const { specifier, importer, kind } of found) {
    if (isOfNode(specifier) || /^(?:\.{1,2}(?:\/|$)|data:|\0)/.test(specifier)) continue
    const packageName = packageOf(specifier)
    if (packageName === undefined) {
      // The graph has absolute ids that are emitted as relative paths.
      if (emitted.has(specifier)) foreign.add(specifier)
    } else packages.set(`${specifier}\n${importer ?? ''}\n${kind}`, { specifier, packageName, importer, kind })
  }
  return {
    packages: [...packages].sort(([a], [b]) => compareText(a, b)).map(([, found]) => found),
    foreign: [...foreign].sort(compareText),
  }
}

/** `node:` names that this Node does not know yet are Node's all the same. */
function isOfNode(specifier: string): boolean {
  if (specifier.startsWith('node:')) return true
  // `punycode/` and `buffer/` name packages; `fs/promises` is Node's.
  return isBuiltin(specifier) || builtinModules.includes(specifier)
}

/** The package of a specifier: `hono/serve-static` → `hono`; undefined where it names none. */
export function packageOf(specifier: string): string | undefined {
  return /^(?:@[a-z0-9~-][\w.~-]*\/)?[a-z0-9~-][\w.~-]*(?=\/|$)/i.exec(specifier.replace(/[?#].*$/s, ''))?.[0]
}
