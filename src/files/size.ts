import { type Dirent, readdirSync, statSync } from 'node:fs'
import { isMissing } from './errors.js'

/**
 * Bytes of all files below `dir`; a link counts as the file it points at, as BentoML's `calc_dir_size` does. What
 * disappears meanwhile counts 0. Synchronous: a listing of thousands of small items takes a fifth of the time that way.
 *
 * @param known a file directly in `dir` whose size the caller knows: left out
 */
export function treeSize(dir: string, known = ''): number {
  let total = 0
  for (const entry of children(dir)) {
    if (entry.name === known) continue
    const path = `${dir}/${entry.name}`
    if (entry.isDirectory()) total += treeSize(path)
    else if (entry.isFile() || entry.isSymbolicLink()) total += fileSize(path)
  }
  return total
}

function children(dir: string): Dirent[] {
  try {
    return readdirSync(dir, { withFileTypes: true })
  } catch (error) {
    if (isMissing(error)) return []
    throw error
  }
}

function fileSize(path: string): number {
  try {
    const stat = statSync(path, { throwIfNoEntry: false })
    return stat?.isFile() ? stat.size : 0
  } catch {
    // A link in circles.
    return 0
  }
}
