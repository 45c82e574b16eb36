import { randomBytes } from 'node:crypto'
import { open, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { moveOver } from './move.js'
import { syncFolder } from './sync.js'

/**
 * Writes a small file so that readers see either the old or the new content, whatever dies when: temp file in `tmpDir`
 * (same file system), fsync, rename over, fsync of the folder.
 *
 * @throws the system's own errors; nothing is left in `tmpDir`
 */
export async function writeFileAtomic(path: string, data: string | Uint8Array, tmpDir: string): Promise<void> {
  const temp = join(tmpDir, `write-${randomBytes(6).toString('hex')}`)
  try {
    await writeNewFile(temp, data)
    await moveOver(temp, path)
  } catch (error) {
    await rm(temp, { force: true })
    throw error
  }
  await syncFolder(dirname(path))
}

/**
 * Writes and fsyncs a file that must not exist yet: a link or file in its place is an EEXIST, never written through.
 */
export async function writeNewFile(path: string, data: string | Uint8Array): Promise<void> {
  const file = await open(path, 'wx')
  try {
    await file.writeFile(data)
    await file.sync()
  } finally {
    await file.close()
  }
}
