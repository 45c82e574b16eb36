import { dirname, isAbsolute, parse, resolve } from 'node:path'

/** A module of the bundle: where its source lies, and the JavaScript it became. */
export interface TracedModule {
  /** Absolute path. */
  file: string
  code: string
  /** The chunks that hold it, by file name. */
  chunks: string[]
}

/** Files that modules want at run time: by module, absolute paths. */
export type Wants = Map<string, Set<string>>

/** More files than any service reads: what is beyond tells that a whole disk was meant. */
const MOST = 20_000

/**
 * Lets `@vercel/nft` work out which files modules read: it evaluates what they compute from `import.meta.dirname`,
 * `__dirname`, `import.meta.url` and `process.cwd()`, and takes a part it cannot know for any name. It gets the modules'
 * code as the bundler transformed it, since it reads no TypeScript.
 *
 * @param cwd what `process.cwd()` is to be
 */
export async function traceModules(modules: readonly TracedModule[], cwd: string): Promise<Wants> {
  const { nodeFileTrace } = await import('@vercel/nft')
  const { readFile } = await import('node:fs/promises')
  const code = new Map(modules.map(module => [module.file, module.code]))
  const base = parse(cwd).root
  let seen = 0
  const { reasons } = await nodeFileTrace([...code.keys()], {
    base,
    processCwd: cwd,
    mixedModules: true,
    readFile: async path => code.get(path) ?? (await readFile(path).catch(() => null)),
    // What modules import is in the bundle; what they start by its path is not, nor what that imports beside itself.
    resolve: async (id, parent) => {
      if (isAbsolute(id)) return id
      return code.has(parent) || !/^\.{1,2}\//.test(id) ? [] : resolve(dirname(parent), id)
    },
    ignore: () => ++seen > MOST,
  })
  /** The modules that a file is wanted for, be it by way of another file. */
  const modulesOf = (path: string, above: ReadonlySet<string>): string[] =>
    [...(reasons.get(path)?.parents ?? [])].flatMap(parent => {
      if (code.has(base + parent)) return base + parent
      return above.has(parent) ? [] : modulesOf(parent, new Set([...above, parent]))
    })
  const wants: Wants = new Map()
  for (const [path, { type }] of reasons) {
    const isWanted = type.includes('asset') || type.includes('dependency') || type.includes('sharedlib')
    if (!isWanted || code.has(base + path)) continue
    for (const module of modulesOf(path, new Set([path]))) {
      wants.set(module, (wants.get(module) ?? new Set()).add(base + path))
    }
  }
  return wants
}
