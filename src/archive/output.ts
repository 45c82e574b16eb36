import { type FileHandle, link, open, stat, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { BentoError, systemCode } from '../core/errors.js'
import { formatSize, visible } from '../core/text.js'
import { moveOver } from '../files/move.js'
import { syncFolder } from '../files/sync.js'
import type { ByteSink } from './bytes.js'
import { targetError } from './errors.js'
import { Flusher } from './flusher.js'
import { freeSpace } from './limits.js'
import { kindAt, Staging } from './staging.js'

/** Where an archive is being written. */
export interface Output extends ByteSink {
  /** Bytes so far. */
  readonly bytes: number
  /** All is written: makes it visible. */
  commit(): Promise<void>
  /** Removes what was written. Never throws. */
  abandon(): Promise<void>
}

/** What a file system says that has no hard links. */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EACCES', 'EINVAL', 'EXDEV'])

/** A file that becomes visible when it is whole and durable. */
export class FileOutput implements Output {
  bytes = 0
  readonly #path: string
  readonly #force: boolean
  readonly #staging: Staging
  readonly #handle: FileHandle
  readonly #flusher: Flusher

  private constructor(path: string, force: boolean, staging: Staging, handle: FileHandle) {
    this.#path = path
    this.#force = force
    this.#staging = staging
    this.#handle = handle
    this.#flusher = new Flusher(handle)
  }

  /**
   * @param size bytes to come, where that is known
   * @throws `TARGET_EXISTS`, `TARGET_INVALID`, `DISK_FULL`, `IO_FAILED`
   */
  static async open(path: string, force: boolean, size: number | undefined): Promise<FileOutput> {
    let staging: Staging | undefined
    try {
      await refuseTaken(path, force)
      staging = await Staging.in(dirname(path))
      await checkSpace(dirname(path), size ?? 0)
      return new FileOutput(path, force, staging, await open(staging.path, 'wx'))
    } catch (error) {
      await staging?.discard()
      throw targetError(error, 'write', path)
    }
  }

  async write(pieces: readonly Uint8Array[]): Promise<void> {
    let left = pieces.filter(piece => piece.length > 0)
    try {
      while (left.length > 0) {
        const { bytesWritten } = await this.#handle.writev(left, this.bytes)
        this.bytes += bytesWritten
        this.#flusher.wrote(bytesWritten)
        left = after(left, bytesWritten)
      }
    } catch (error) {
      throw targetError(error, 'write', this.#path)
    }
  }

  async commit(): Promise<void> {
    try {
      await this.#flusher.finish()
      await this.#handle.close()
      await this.#publish()
      await syncFolder(dirname(this.#path))
    } catch (error) {
      throw targetError(error, 'write', this.#path)
    }
    await this.#staging.done()
  }

  async abandon(): Promise<void> {
    await this.#flusher.settle()
    await this.#handle.close().catch(() => undefined)
    await this.#staging.discard()
  }

  async #publish(): Promise<void> {
    const temp = this.#staging.path
    if (this.#force) return moveOver(temp, this.#path)
    try {
      // Unlike a rename, this never replaces what has come to stand there meanwhile.
      await link(temp, this.#path)
    } catch (error) {
      const code = systemCode(error) ?? ''
      if (code === 'EEXIST') throw targetExists(this.#path)
      if (!NO_LINKS.has(code)) throw error
      await refuseTaken(this.#path, false)
      return moveOver(temp, this.#path)
    }
    await unlink(temp)
  }
}

/** What is left to write after the first bytes are. */
function after(pieces: readonly Uint8Array[], written: number): Uint8Array[] {
  let skip = written
  const left: Uint8Array[] = []
  for (const piece of pieces) {
    if (skip < piece.length) left.push(skip === 0 ? piece : piece.subarray(skip))
    skip = Math.max(0, skip - piece.length)
  }
  return left
}

/** @throws `TARGET_EXISTS`; with `force` too, `TARGET_INVALID` where no file can take the place of what is there */
async function refuseTaken(path: string, force: boolean): Promise<void> {
  const kind = await kindAt(path)
  if (kind === undefined) return
  const behind = await stat(path).catch(() => undefined)
  const refuse = (what: string, hint: string) =>
    new BentoError('TARGET_INVALID', `${visible(path)} is ${what}.`, { hint, details: { path } })
  if (behind?.isDirectory()) throw refuse('a folder', 'Name the file in it, or use the format "folder".')
  if (kind === 'device' || behind?.isFile() === false)
    throw refuse('a device or pipe', 'Export to - and send the output there, or open it and give the stream.')
  if (!force) throw targetExists(path)
}

/** Something stands there, and stays. */
export function targetExists(path: string): BentoError {
  return new BentoError('TARGET_EXISTS', `${visible(path)} exists already.`, {
    hint: 'Choose another path, or replace it: --force, or { force: true }.',
    details: { path },
  })
}

/** @throws `DISK_FULL` where there is less free than needed */
export async function checkSpace(dir: string, needed: number): Promise<void> {
  const free = needed === 0 ? Number.POSITIVE_INFINITY : await freeSpace(dir)
  if (needed <= free) return
  const reason = `${visible(dir)} has ${formatSize(free)} free, and ${formatSize(needed)} are needed.`
  throw new BentoError('DISK_FULL', reason, { hint: 'Free some space there; nothing was written.' })
}
