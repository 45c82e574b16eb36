import { lstat, readdir, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { ownerOf, ownerState, STAGE_PREFIX } from './owner.js'
import { removeTree } from './remove.js'

const DAY = 24 * 60 * 60 * 1000
/** Age at which the leftovers of another machine are taken for dead, in milliseconds. */
const ABANDONED = 7 * DAY

/**
 * Removes from `<home>/tmp` the stages of ours whose process is dead, and those of other machines that are a week old.
 * What is not ours (Python stages there too) stays. Links are unlinked, never followed. Best effort: errors are left
 * for the next sweep.
 *
 * @param now the file server's clock, milliseconds: the mtime of something just made there. The local clock may be days
 * off.
 */
export async function sweepStages(home: string, now: number): Promise<void> {
  const tmp = join(home, 'tmp')
  const names = await readdir(tmp).catch(() => [])
  for (const name of names) {
    if (name.startsWith(STAGE_PREFIX)) await sweep(join(tmp, name), name, now).catch(() => undefined)
  }
}

async function sweep(path: string, name: string, now: number): Promise<void> {
  const stat = await lstat(path)
  // We never make links here: nobody works in one.
  if (stat.isSymbolicLink()) return unlink(path)
  const owner = ownerOf(name)
  const state = owner === undefined ? 'unknown' : ownerState(owner)
  if (state === 'alive') return
  if (state === 'unknown' && now - (await newest(path, stat.mtimeMs)) < ABANDONED) return
  await removeTree(path)
}

/** The latest change of a stage or of its item folder. */
async function newest(path: string, own: number): Promise<number> {
  const item = await lstat(join(path, 'item')).catch(() => undefined)
  return Math.max(own, item?.mtimeMs ?? 0)
}
