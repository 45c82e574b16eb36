import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs'
import { copyFile, open } from 'node:fs/promises'
import { BentoError, isBentoError, systemCode } from '../core/errors.js'
import { visible } from '../core/text.js'
import { isMissing } from '../files/errors.js'
import type { OpenedFile } from './entries.js'
import { sourceError } from './errors.js'

/** A file as a walk has seen it. */
export type SeenFile = Pick<Stats, 'size' | 'ino' | 'mtimeMs'>

/** Never through a link; a pipe that took the file's place must not keep us waiting. Windows knows neither. */
const READ = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)

/** Longest file, in bytes, that is read by synchronous calls: a turn in libuv's pool costs several times what they do. */
const SMALL = 64 * 1024

/** An open file. What is done at once needs no promise. */
interface Descriptor {
  readonly fd: number
  stat(): Stats | Promise<Stats>
  /** @returns how many bytes were read */
  read(into: Uint8Array, at: number): number | Promise<number>
  close(): void | Promise<void>
}

/**
 * A file that is read as it was when a walk has seen it, or not at all: one that was replaced, became a link or a pipe,
 * grew, shrank or was written to until its last byte was read is refused.
 */
export class SourceFile implements OpenedFile {
  readonly #path: string
  readonly #file: Descriptor
  readonly #seen: SeenFile
  #at = 0
  #whole = false

  private constructor(path: string, file: Descriptor, seen: SeenFile) {
    this.#path = path
    this.#file = file
    this.#seen = seen
  }

  /** @throws `SOURCE_CHANGED`, `IO_FAILED` */
  static async open(path: string, seen: SeenFile): Promise<SourceFile> {
    const opened = await openAs(path, seen)
    const file = new SourceFile(path, opened, seen)
    try {
      await file.check()
      return file
    } catch (error) {
      await opened.close()
      throw error
    }
  }

  async read(into: Uint8Array): Promise<number> {
    const left = this.#seen.size - this.#at
    if (left > 0) {
      const bytesRead = await this.#readAt(into.length > left ? into.subarray(0, left) : into)
      if (bytesRead === 0) throw changed(this.#path)
      this.#at += bytesRead
      if (bytesRead < left) return bytesRead
      await this.check()
      this.#whole = true
      return bytesRead
    }
    if (!this.#whole) await this.check()
    this.#whole = true
    return 0
  }

  async close(): Promise<void> {
    await this.#file.close()
  }

  async #readAt(into: Uint8Array): Promise<number> {
    try {
      return await this.#file.read(into, this.#at)
    } catch (error) {
      throw sourceError(error, this.#path)
    }
  }

  /** A path to this very file, whatever the one it was opened by leads to by now; Linux alone has such paths. */
  get openPath(): string {
    return process.platform === 'linux' ? `/proc/self/fd/${this.#file.fd}` : this.#path
  }

  /** @throws `SOURCE_CHANGED` */
  async check(): Promise<void> {
    const now = await this.#file.stat()
    if (!now.isFile() || !isSame(now, this.#seen)) throw changed(this.#path)
  }
}

/** @throws as {@link SourceFile.open} */
async function openAs(path: string, { size }: SeenFile): Promise<Descriptor> {
  try {
    return size > SMALL ? await openLarge(path) : openSmall(path)
  } catch (error) {
    throw isMissing(error) || systemCode(error) === 'ELOOP' ? changed(path, error) : sourceError(error, path)
  }
}

async function openLarge(path: string): Promise<Descriptor> {
  const handle = await open(path, READ)
  return {
    fd: handle.fd,
    stat: () => handle.stat(),
    read: async (into, at) => (await handle.read(into, 0, into.length, at)).bytesRead,
    close: () => handle.close(),
  }
}

function openSmall(path: string): Descriptor {
  const fd = openSync(path, READ)
  return {
    fd,
    stat: () => fstatSync(fd),
    read: (into, at) => readSync(fd, into, 0, into.length, at),
    close: () => closeSync(fd),
  }
}

/**
 * Makes `to` a file that shares the blocks of the one at `path`, where the file system can.
 *
 * @returns false where it can't; nothing is at `to` then
 * @throws `SOURCE_CHANGED`; the system's own errors of `to`
 */
export async function cloneFile(path: string, seen: SeenFile, to: string): Promise<boolean> {
  // Opened first: to copy a pipe that took the file's place would wait for ever.
  const file = await SourceFile.open(path, seen)
  try {
    await copyFile(file.openPath, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE)
    await file.check()
    return true
  } catch (error) {
    if (systemCode(error) === 'EEXIST' || isBentoError(error)) throw error
    return false
  } finally {
    await file.close()
  }
}

function isSame(now: SeenFile, seen: SeenFile): boolean {
  return now.size === seen.size && now.ino === seen.ino && now.mtimeMs === seen.mtimeMs
}

function changed(path: string, cause?: unknown): BentoError {
  return new BentoError('SOURCE_CHANGED', `${visible(path)} was changed while it was read.`, {
    cause,
    hint: 'Try again when nobody writes there.',
    details: { path },
  })
}
