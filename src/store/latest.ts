import { closeSync, openSync, readSync } from 'node:fs'
import { rmdir, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { systemCode } from '../core/errors.js'
import { fullTag, isTagPart } from '../core/tag.js'
import { isMissing } from '../files/errors.js'
import { writeFileAtomic } from '../files/write.js'
import { newestFirst } from './order.js'
import { type ItemKind, type ItemRecord, isRecord, readItems, readRecord } from './record.js'

/** More than a version and some white space; a longer file is no pointer. */
const MOST_BYTES = 256
/** Rounds of {@link settleLatest}; each lost one means that another process published or deleted in between. */
const ROUNDS = 1000

/** Where a name's pointer is. */
export function latestPath(root: string, name: string): string {
  return join(root, name, 'latest')
}

/**
 * The version that `latest` names; undefined when it is missing, unreadable or holds no version. Whether it exists is
 * not checked.
 */
export function readLatest(root: string, name: string): string | undefined {
  const buffer = Buffer.alloc(MOST_BYTES)
  let length: number
  try {
    const file = openSync(latestPath(root, name), 'r')
    try {
      length = readSync(file, buffer)
    } finally {
      closeSync(file)
    }
  } catch {
    // EISDIR too: BentoML leaves a folder of that name when asked for a version "latest".
    return undefined
  }
  const text = buffer.toString('latin1', 0, length).trim().toLowerCase()
  return length < MOST_BYTES && isTagPart(text) ? text : undefined
}

/** What {@link settleLatest} brings about. */
export interface Settlement {
  root: string
  kind: ItemKind
  name: string
  /** `newest`: latest names the newest item. `valid`: it names any item that exists. */
  goal: 'newest' | 'valid'
  /** Wins a tie in creation time: what was just published. */
  mine?: string
  /** A version that is about to go: it is left out, and its pointer stays when there is no other. */
  leaving?: string
  /** Folder for the temp file, on the store's file system. */
  tmpDir: string
}

/**
 * Looks at what is there and mends `latest` until it is as the goal says; the last item gone, it removes pointer and
 * name.
 *
 * Every writer of `latest` calls this after it wrote. Whoever writes a stale value finds out by looking again, and
 * whoever looks last sees what all others did: so concurrent saves and deletes end right without a lock.
 */
export async function settleLatest(settlement: Settlement): Promise<void> {
  const { root, kind, name, goal, mine, leaving, tmpDir } = settlement
  for (let round = 0; round < ROUNDS; round++) {
    // Spares a look at every version when many are deleted one by one.
    if (goal === 'valid' && isValid(settlement)) return
    const records = newestFirst(readItems(root, kind, name).filter(record => record.tag.version !== leaving))
    const current = readLatest(root, name)
    const held = records.find(record => record.tag.version === current)
    const newest = choose(records, mine)
    if (newest === undefined) {
      if (leaving !== undefined) return
      if (await dropPointer(root, name)) continue
      return
    }
    if (held !== undefined && held.micros === newest.micros) return
    if (!(await pointTo(root, newest, tmpDir))) return
  }
}

function isValid({ root, kind, name, leaving }: Settlement): boolean {
  const version = readLatest(root, name)
  return version !== undefined && version !== leaving && isRecord(readRecord(root, kind, fullTag(name, version)))
}

function choose(records: ItemRecord[], mine: string | undefined): ItemRecord | undefined {
  const newest = records[0]
  const own = records.find(record => record.tag.version === mine)
  return own !== undefined && own.micros === newest?.micros ? own : newest
}

/** Returns false where a pointer is impossible: a folder is in its place. */
async function pointTo(root: string, record: ItemRecord, tmpDir: string): Promise<boolean> {
  try {
    await writeFileAtomic(latestPath(root, record.tag.name), record.tag.version, tmpDir)
    return true
  } catch (error) {
    // The name's folder went away: look again.
    if (systemCode(error) === 'ENOENT') return true
    if (isPointerBlocked(error)) return false
    throw error
  }
}

/** Whether a rename failed since a folder named `latest` is in its place. */
export function isPointerBlocked(error: unknown): boolean {
  return ['EISDIR', 'ENOTEMPTY', 'EEXIST'].includes(systemCode(error) ?? '')
}

/** Returns whether there was a pointer to drop: then an item may have appeared while it was dropped. */
async function dropPointer(root: string, name: string): Promise<boolean> {
  try {
    await unlink(latestPath(root, name))
    return true
  } catch (error) {
    if (!isMissing(error)) return false
  }
  // Not empty: something appeared, or odd things are in it. They stay.
  await rmdir(join(root, name)).catch(() => undefined)
  return false
}
