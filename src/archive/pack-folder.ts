import { chmod, mkdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { moveOver } from '../files/move.js'
import { syncFolder } from '../files/sync.js'
import type { PackEntry } from './entries.js'
import { targetError } from './errors.js'
import { foundEntries } from './found-folder.js'
import { Meter, unlimited } from './limits.js'
import { checkSpace, targetExists } from './output.js'
import { placeEntries } from './place.js'
import { kindAt, Staging } from './staging.js'

/** How {@link packFolder} works. */
export interface PackFolderOptions {
  force: boolean
  /** Bytes of all files. */
  contentBytes: number
  signal: AbortSignal | undefined
}

/**
 * Makes a folder of entries, beside where it is to stand, and renames it into place. It is treated as an archive that is
 * unpacked, but with modes that do not depend on the umask.
 *
 * @throws `TARGET_EXISTS`, `TARGET_INVALID`, `DISK_FULL`, `SOURCE_CHANGED`, `IO_FAILED`
 */
export async function packFolder(
  entries: readonly PackEntry[],
  path: string,
  options: PackFolderOptions,
): Promise<void> {
  const { force, signal } = options
  const parent = dirname(path)
  let staging: Staging | undefined
  try {
    if (!force && (await kindAt(path)) !== undefined) throw targetExists(path)
    staging = await Staging.in(parent)
    await mkdir(staging.path, 0o700)
    const item = join(staging.path, 'item')
    await mkdir(item)
    await chmod(item, 0o755)
    await fill(entries, item, options)
    signal?.throwIfAborted()
    await putInPlace(item, path, force ? join(staging.path, 'old') : undefined)
    await syncFolder(parent)
    await staging.done()
  } catch (error) {
    await staging?.discard()
    throw targetError(error, 'write', path)
  }
}

async function fill(entries: readonly PackEntry[], item: string, options: PackFolderOptions): Promise<void> {
  const links = process.platform === 'win32' ? 'copy' : 'keep'
  const meter = new Meter(unlimited(), { name: item, size: 0, read: () => 0 }, false)
  // Where blocks are shared, no space is needed.
  if (!(await canClone(entries, `${item}-probe`))) await checkSpace(dirname(dirname(item)), options.contentBytes)
  const work = { meter, links, hash: () => false, sync: true, exactModes: true, signal: options.signal } as const
  await placeEntries(foundEntries(entries), item, work)
}

/** Tries it with the longest file. */
async function canClone(entries: readonly PackEntry[], probe: string): Promise<boolean> {
  const files = entries.filter(entry => entry.kind === 'file')
  const longest = files.reduce((most, file) => (file.size > most.size ? file : most), files[0] ?? { size: 0 })
  if (longest.size === 0 || !('clone' in longest)) return false
  const cloned = (await longest.clone?.(probe)) ?? false
  await rm(probe, { force: true })
  return cloned
}

/** @param old where to move what stands there; undefined to refuse it */
async function putInPlace(item: string, path: string, old: string | undefined): Promise<void> {
  const there = (await kindAt(path)) !== undefined
  if (there && old === undefined) throw targetExists(path)
  if (!there || old === undefined) return moveOver(item, path)
  await moveOver(path, old)
  try {
    await moveOver(item, path)
  } catch (error) {
    await moveOver(old, path)
    throw error
  }
}
