import { unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { isBentoError, systemCode } from '../core/errors.js'
import { ioError } from '../files/errors.js'
import { removeTree } from '../files/remove.js'
import { openTrash, type Stage } from '../files/stage.js'
import type { Shelf } from './find.js'
import { readLatest, type Settlement, settleLatest } from './latest.js'
import type { ItemRecord } from './record.js'

/**
 * Takes an item out of the store in one instant, then removes its files. `latest` moves on before, so that it never
 * dangles.
 *
 * @param guard asked once the item is out of sight; an error brings it back
 * @returns false when somebody else deleted it first
 * @throws `STORE_READ_ONLY`, `IO_FAILED`, what `guard` throws
 */
export async function deleteItem(
  shelf: Shelf & { home: string },
  item: ItemRecord,
  guard: () => Promise<void>,
): Promise<boolean> {
  const { root, kind, home } = shelf
  const { name, version } = item.tag
  const trash = await openTrash(home)
  try {
    const wasLatest = readLatest(root, name) === version
    const settlement: Settlement = { root, kind, name, goal: wasLatest ? 'newest' : 'valid', tmpDir: trash.root }
    // On a full disk the pointer can't move: the item goes all the same, which makes room.
    await settleLatest({ ...settlement, goal: 'valid', leaving: version }).catch(onlyDiskFull)
    if (!(await takeOrDismantle(trash, item, kind.manifest))) return false
    try {
      await guard()
    } catch (error) {
      await trash.putBack(item.path)
      await settleLatest({ ...settlement, goal: 'newest' }).catch(onlyDiskFull)
      throw error
    }
    const settled = await settleLatest(settlement).then(() => true, onlyDiskFull)
    await removeTree(trash.dir).catch(() => undefined)
    if (!settled) await settleLatest(settlement).catch(onlyDiskFull)
    return true
  } catch (error) {
    throw ioError(error, `delete ${kind.word} ${item.tag}`, item.path)
  } finally {
    await trash.discard()
  }
}

function onlyDiskFull(error: unknown): false {
  const known = ioError(error, 'write "latest"', 'the store')
  if (known.code !== 'DISK_FULL') throw known
  return false
}

/**
 * An image layer below an overlay file system lets no folder be renamed: then the manifest goes first, so that the item
 * is none any more, and the rest after it.
 */
async function takeOrDismantle(trash: Stage, item: ItemRecord, manifest: string): Promise<boolean> {
  try {
    return await trash.take(item.path)
  } catch (error) {
    if (!isBentoError(error) || systemCode(error.cause) !== 'EXDEV') throw error
  }
  try {
    await unlink(join(item.path, manifest))
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false
    throw error
  }
  await removeTree(item.path)
  return true
}
