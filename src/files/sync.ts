import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { FILES_AT_ONCE, forEachLimit } from './pool.js'
import { walkTree } from './walk.js'

/**
 * Makes a file's content durable. A failure is final: after it the data may be lost even if the next fsync succeeds.
 */
export async function syncFile(path: string): Promise<void> {
  // Windows flushes only handles that may write.
  const file = await open(path, process.platform === 'win32' ? 'r+' : 'r')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Makes a folder's list of entries durable. Windows has no such call. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform !== 'win32') await syncFile(path)
}

/**
 * Makes every file below `dir` durable.
 *
 * @returns their POSIX paths relative to `dir`
 */
export async function syncFiles(dir: string): Promise<string[]> {
  const files = (await walkTree(dir)).filter(entry => entry.kind === 'file').map(entry => entry.path)
  await forEachLimit(files, FILES_AT_ONCE, path => syncFile(join(dir, path)))
  return files
}

/**
 * Makes every file, then every folder below and including `dir` durable, bottom up.
 *
 * @param done files that are durable already, POSIX paths relative to `dir`
 */
export async function syncTree(dir: string, done: ReadonlySet<string> = new Set()): Promise<void> {
  const entries = await walkTree(dir)
  const files = entries.filter(entry => entry.kind === 'file' && !done.has(entry.path))
  await forEachLimit(files, FILES_AT_ONCE, file => syncFile(join(dir, file.path)))
  // Sorted paths put a folder before what it holds; reversed, the innermost come first.
  const folders = entries.filter(entry => entry.kind === 'dir').reverse()
  for (const folder of folders) await syncFolder(join(dir, folder.path))
  await syncFolder(dir)
}
