import { randomBytes } from 'node:crypto'
import { lstat, mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { systemCode } from '../core/errors.js'
import { noteUnfinished } from './cleanup.js'
import { ioError } from './errors.js'
import { moveOver } from './move.js'
import { stageName, thisProcess } from './owner.js'
import { removeTree } from './remove.js'
import { sweepStages } from './sweep.js'
import { syncFolder, syncTree } from './sync.js'

const TAKEN = new Set(['ENOTEMPTY', 'EEXIST', 'ENOTDIR', 'EISDIR', 'EPERM', 'EACCES', 'EBUSY'])
/** How often a publish starts again when a concurrent delete removes the folder it is about to move into. */
const ATTEMPTS = 100

/**
 * A private folder in `<home>/tmp` where an item is made before it becomes visible by one rename (or where it ends
 * after it became invisible). Made by {@link openStage}.
 */
export class Stage {
  /** Private to this stage; for files that are to be renamed into place. Mode 0700. */
  readonly root: string
  /**
   * The item's own folder, empty at first. It gets the mode that the umask gives, so that a shared store can be shared.
   */
  readonly dir: string
  readonly #synced = new Set<string>()
  readonly #release: () => void

  /** @param release called once the stage is gone; see {@link noteUnfinished} */
  constructor(root: string, release: () => void) {
    this.root = root
    this.dir = join(root, 'item')
    this.#release = release
  }

  /** Tells that files of the item, POSIX paths, are durable already, so that {@link publish} need not see to it. */
  markSynced(paths: Iterable<string>): void {
    for (const path of paths) this.#synced.add(path)
  }

  /**
   * Makes the item durable and visible at `target`, atomically. Whatever stands at `target` (an empty folder included)
   * wins.
   *
   * @returns `exists` when something stands there; then nothing has changed
   * @throws `DISK_FULL`, `STORE_READ_ONLY`, `HOME_INVALID`, `IO_FAILED`
   */
  async publish(target: string): Promise<'published' | 'exists'> {
    try {
      await syncTree(this.dir, this.#synced)
      return await this.#move(target)
    } catch (error) {
      throw ioError(error, 'publish the item', target)
    }
  }

  async #move(target: string): Promise<'published' | 'exists'> {
    const parent = dirname(target)
    for (let attempt = 1; ; attempt++) {
      try {
        await mkdir(parent, { recursive: true })
        if (await stands(target)) return 'exists'
        await moveOver(this.dir, target, () => stands(target))
        break
      } catch (error) {
        const code = systemCode(error)
        if (TAKEN.has(code ?? '') && (await stands(target))) return 'exists'
        if (code !== 'ENOENT') throw error
        // A rename whose answer was lost on its way from the file server is tried again and finds nothing to move: it
        // had worked.
        if (!(await stands(this.dir)) && (await stands(target))) break
        // Else a concurrent delete took the parent away as the last item of its name left it.
        if (attempt === ATTEMPTS) throw error
      }
    }
    await syncIfThere(parent)
    await syncIfThere(dirname(parent))
    return 'published'
  }

  /**
   * Takes a visible item away, atomically, into this stage. With {@link putBack} or {@link discard} to follow.
   *
   * @returns false when there is nothing at `target`
   */
  async take(target: string): Promise<boolean> {
    try {
      await moveOver(target, this.dir)
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return false
      throw ioError(error, 'take the item away', target)
    }
    await syncIfThere(dirname(target))
    return true
  }

  /** Makes what {@link take} took visible again. Where something else stands there by now, that stays. */
  async putBack(target: string): Promise<void> {
    try {
      await this.#move(target)
    } catch (error) {
      throw ioError(error, 'put the item back', target)
    }
  }

  /** Removes the stage and all in it. Never throws: what can't be removed now, a later sweep removes. */
  async discard(): Promise<void> {
    await removeTree(this.root).catch(() => undefined)
    this.#release()
  }
}

/**
 * Opens a stage in `<home>/tmp`, made if need be, and on the way removes what dead processes left there.
 *
 * @throws `STORE_READ_ONLY`, `DISK_FULL`, `HOME_INVALID`, `IO_FAILED`
 */
export async function openStage(home: string): Promise<Stage> {
  return prepare(home, root => mkdir(join(root, 'item')))
}

/** The same without an item folder: for an item to be taken away into it, by {@link Stage.take}. */
export async function openTrash(home: string): Promise<Stage> {
  return prepare(home, async () => undefined)
}

async function prepare(home: string, fill: (root: string) => Promise<unknown>): Promise<Stage> {
  const tmp = join(home, 'tmp')
  const root = join(tmp, stageName(thisProcess()) + randomBytes(6).toString('hex'))
  const release = noteUnfinished(root)
  try {
    await mkdir(tmp, { recursive: true })
    await mkdir(root, { mode: 0o700 })
    await fill(root)
    await sweepStages(home, (await lstat(root)).mtimeMs)
    return new Stage(root, release)
  } catch (error) {
    await removeTree(root).catch(() => undefined)
    release()
    // mkdir says EEXIST where a file stands in place of the folder.
    const cause = systemCode(error) === 'EEXIST' ? Object.assign(error as Error, { code: 'ENOTDIR' }) : error
    throw ioError(cause, 'work', tmp)
  }
}

/** The last item of a name gone, the folder goes: a delete by another process may come right behind. */
async function syncIfThere(folder: string): Promise<void> {
  try {
    await syncFolder(folder)
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error
  }
}

async function stands(path: string): Promise<boolean> {
  try {
    await lstat(path)
    return true
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false
    throw error
  }
}
