import { lstatSync, readdirSync, statSync } from 'node:fs'
import { isMissing } from './errors.js'

/**
 * Bytes of all files below `dir`; a link counts as the file it points at, as BentoML's `calc_dir_size` does. What
 * disappears meanwhile counts 0. Synchronous: a listing of thousands of small items takes a fifth of the time that way.
 *
 * @param known a file directly in `dir` whose size the caller knows: left out
 */
export function treeSize(dir: string, known = ''): number {
  let total = 0
  for (const name of children(dir)) {
    if (name !== known) total += entrySize(`${dir}/${name}`)
  }
  return total
}

function children(dir: string): string[] {
  try {
    return readdirSync(dir)
  } catch (error) {
    if (isMissing(error)) return []
    throw error
  }
}

function entrySize(path: string): number {
  const stat = lstatSync(path, { throwIfNoEntry: false })
  if (stat === undefined) return 0
  if (stat.isFile()) return stat.size
  if (stat.isDirectory()) return treeSize(path)
  return stat.isSymbolicLink() ? linkedSize(path) : 0
}

function linkedSize(path: string): number {
  try {
    const stat = statSync(path, { throwIfNoEntry: false })
    return stat?.isFile() ? stat.size : 0
  } catch {
    // In circles.
    return 0
  }
}
