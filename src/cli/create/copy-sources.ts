import { constants, copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { copyTree } from '../../files/copy.js'
import type { Source } from './sources.js'

/** Copies sources into a model's folder, sharing blocks where the file system can. Throws system errors as they are. */
export async function copySources(sources: readonly Source[], dir: string): Promise<void> {
  for (const { from, kind, to } of sources) {
    if (kind === 'folder') await copyTree(from, join(dir, to))
    else await copyFile(from, join(dir, to), constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL)
  }
}
