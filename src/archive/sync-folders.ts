import { join } from 'node:path'
import { FILES_AT_ONCE, forEachLimit } from '../files/pool.js'
import { syncFolder } from '../files/sync.js'
import { targetError } from './errors.js'
import type { Place } from './places.js'

/** Makes the lists of entries of all folders of a tree durable. */
export async function syncFolders(root: Place, dir: string): Promise<void> {
  const folders: string[] = []
  const visit = (place: Place): void => {
    folders.push(join(dir, place.path))
    for (const child of place.children?.values() ?? []) if (child.kind === 'dir') visit(child)
  }
  visit(root)
  try {
    await forEachLimit(folders, FILES_AT_ONCE, syncFolder)
  } catch (error) {
    throw targetError(error, 'unpack', dir)
  }
}
