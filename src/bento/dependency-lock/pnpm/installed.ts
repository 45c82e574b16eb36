import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type LockEntry, parseObject } from '../lock-file.js'
import { storeFolder } from './reference.js'

/**
 * The entry of what is installed in a folder, by the name and version in its package.json: pnpm has several layouts
 * (`nodeLinker`, a store shared between projects), and all hold that file. Of several that differ in their peers alone,
 * the one whose name the folder bears.
 *
 * @param candidates locations of all entries of a name
 */
export function installedAt(
  folder: string,
  candidates: (name: string) => readonly string[],
  entries: ReadonlyMap<string, LockEntry>,
): string | undefined {
  const { name, version } = readIdentity(folder)
  const found = candidates(name).filter(location => entries.get(location)?.version === version)
  const store = /[\\/]\.pnpm[\\/]([^\\/]+)[\\/]node_modules[\\/]/.exec(folder)?.[1]
  return found.find(location => storeFolder(snapshotIn(location)) === store) ?? found[0]
}

function readIdentity(folder: string): { name: string; version: unknown } {
  const path = join(folder, 'package.json')
  try {
    const { name, version } = parseObject(readFileSync(path, 'utf8'), path, 'LOCK_STALE')
    return { name: typeof name === 'string' ? name : '', version }
  } catch {
    // What was bundled from there can't be told; its imports are taken for what the project itself sees.
    return { name: '', version: undefined }
  }
}

function snapshotIn(location: string): string {
  return location.slice('node_modules/.pnpm/'.length, location.lastIndexOf('/node_modules/'))
}
