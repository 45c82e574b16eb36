import { chmod, lstat, readdir, rm, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { systemCode } from '../core/errors.js'

/**
 * Removes a file, link or whole tree without following links; folders that forbid it to their owner are opened first.
 * What is already gone is no error.
 */
export async function removeTree(path: string): Promise<void> {
  const options = { recursive: true, force: true, maxRetries: 5 } as const
  try {
    await rm(path, options)
  } catch (error) {
    const code = systemCode(error)
    if (code === 'ENOTDIR') return unlink(path)
    if (code !== 'EACCES' && code !== 'EPERM') throw error
    await openFolders(path)
    await rm(path, options)
  }
}

async function openFolders(path: string): Promise<void> {
  const stat = await lstat(path)
  if (!stat.isDirectory()) return
  await chmod(path, 0o700)
  for (const child of await readdir(path, { withFileTypes: true })) {
    if (child.isDirectory()) await openFolders(join(path, child.name))
  }
}
