import { existsSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, isAbsolute, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { applyPatch, parsePatch, reversePatch, type StructuredPatch } from 'diff'

/** A patch of the bento: `bento-patches/list.json` holds a list of them. */
interface Patch {
  /** Folder of the installed package, relative to the npm project: `node_modules/is-number`. */
  package: string
  /** File beside the list. */
  patch: string
  /** What the paths in the patch begin with before those inside of the package; empty for none. */
  prefix: string
}

/**
 * Patches the packages of a bento after `npm ci`, whatever npm that was: unified diffs as patch-package, pnpm and npm 12
 * write them, to the letter (no fuzz). What is already patched stays; packages that were not installed are passed over.
 *
 * @param project folder of package.json and `bento-patches/`
 * @throws Error that names the package, the patch and the file
 */
function applyPatches(project: string): void {
  const folder = join(project, 'bento-patches')
  for (const { package: place, patch, prefix } of JSON.parse(
    readFileSync(join(folder, 'list.json'), 'utf8'),
  ) as Patch[]) {
    const target = inside(project, place)
    if (!existsSync(target)) continue
    for (const file of parsePatch(readFileSync(inside(folder, patch), 'utf8'))) {
      try {
        patchFile(target, file, prefix)
      } catch (error) {
        throw new Error(`${patch} can't be applied to ${place}: ${(error as Error).message}`)
      }
    }
  }
}

function patchFile(folder: string, patch: StructuredPatch, prefix: string): void {
  const [from, to] = [patch.oldFileName, patch.newFileName].map(name => pathIn(name, prefix))
  if (from === undefined && to === undefined) return
  const source = from === undefined ? '' : read(inside(folder, from))
  const target = to === undefined ? undefined : inside(folder, to)
  const result = source === undefined ? false : applyPatch(source, patch, { fuzzFactor: 0 })
  if (result === false || (from === undefined && target !== undefined && existsSync(target))) {
    if (isApplied(folder, patch, from, target)) return
    throw new Error(`${to ?? from} is not what the patch was made for`)
  }
  if (target === undefined) rmSync(inside(folder, from ?? ''))
  else {
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(target, result)
    if (from !== undefined && from !== to && patch.isRename === true) rmSync(inside(folder, from))
  }
}

function isApplied(
  folder: string,
  patch: StructuredPatch,
  from: string | undefined,
  target: string | undefined,
): boolean {
  if (target === undefined) return !existsSync(inside(folder, from ?? ''))
  const now = read(target)
  return now !== undefined && applyPatch(now, reversePatch(patch), { fuzzFactor: 0 }) !== false
}

/** The path within the package; undefined for `/dev/null`. */
function pathIn(name: string | undefined, prefix: string): string | undefined {
  if (name === undefined || name === '/dev/null') return undefined
  const path = name.replace(/^[ab]\//, '')
  return path.startsWith(prefix) ? path.slice(prefix.length) : path
}

function read(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined
}

/** An absolute path that must stay in a folder, through links as well. */
function inside(folder: string, path: string): string {
  const full = resolve(folder, path)
  const nearest = (at: string): string => (existsSync(at) ? realpathSync(at) : nearest(dirname(at)))
  for (const [root, place] of [
    [folder, full],
    [realpathSync(folder), nearest(full)],
  ] as const) {
    const way = relative(root, place)
    if (way.startsWith('..') || isAbsolute(way)) throw new Error(`${path} leaves the folder`)
  }
  return full
}

try {
  const project = process.argv[2] ?? join(dirname(fileURLToPath(import.meta.url)), '..')
  applyPatches(realpathSync(project))
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
}
