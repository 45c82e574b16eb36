import { createHash } from 'node:crypto'
import { close, constants, fchmod, fsync, open as openFile, write } from 'node:fs'
import { chmod, type FileHandle, open } from 'node:fs/promises'
import { promisify } from 'node:util'
import { syncFile } from '../files/sync.js'
import type { FoundEntry } from './entries.js'
import { entryError, placeError } from './errors.js'
import { Flusher, writeWhole } from './flusher.js'
import type { Meter } from './limits.js'
import type { UnpackedFile } from './unpack.js'

// Without the promises' FileHandle, which costs as much as the calls themselves where files are small.
const small = {
  open: promisify(openFile),
  write: promisify(write),
  chmod: promisify(fchmod),
  fsync: promisify(fsync),
  close: promisify(close),
}

/** A new file, never through a link that stands in its place. Windows knows no such flag, and no such links. */
const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0)
/** Longest file, in bytes, that is gathered and written beside others. */
const SMALL = 128 * 1024
/** Small files under way at once. */
const AT_ONCE = 16

/** How a {@link FileWriter} works. */
export interface FileWriterOptions {
  /** Folder of all files, for messages. */
  dir: string
  /** Asked at the beginning of each file. */
  hash(): boolean
  sync: boolean
  /** Gives files the modes 0644 and 0755 whatever the umask. */
  exactModes: boolean
  meter: Meter
  signal: AbortSignal | undefined
}

/**
 * Writes the files of an archive, one after the other; small ones are gathered and written while the next are read. An
 * error of one that is still under way is thrown from a later call, at the latest from {@link finish}.
 */
export class FileWriter {
  readonly #options: FileWriterOptions
  readonly #pending = new Set<Promise<void>>()
  #failed = false
  #reason: unknown
  #cloning = true

  constructor(options: FileWriterOptions) {
    this.#options = options
  }

  /**
   * Writes the body of an entry to a file that must not exist.
   *
   * @param full absolute path; its folder exists
   */
  async write(entry: FoundEntry, path: string, full: string): Promise<UnpackedFile> {
    const { meter, signal } = this.#options
    if (entry.size !== undefined) meter.declared(entry.size)
    const file: UnpackedFile = { path, size: 0, executable: entry.executable }
    if (await this.#clone(entry, file, full)) return file
    const gathered: Uint8Array[] = []
    let large: LargeFile | undefined
    try {
      for await (const chunk of entry.body) {
        signal?.throwIfAborted()
        meter.wrote(chunk.length)
        file.size += chunk.length
        if (large === undefined && file.size <= SMALL) {
          // The chunk is the reader's again once the next is asked for.
          gathered.push(Buffer.from(chunk))
          continue
        }
        if (large === undefined) {
          large = await LargeFile.create(entry, full, this.#options)
          for (const piece of gathered.splice(0)) await large.write(piece)
        }
        await large.write(chunk)
      }
      if (entry.size !== undefined && entry.size !== file.size) {
        throw entryError('ARCHIVE_INVALID', entry, `it holds ${file.size} bytes and not ${entry.size}`)
      }
    } catch (error) {
      await large?.abandon()
      throw error
    }
    if (large === undefined) await this.#add(this.#writeSmall(entry, file, full, gathered))
    else await this.#add(large.finish(file))
    return file
  }

  /** Lets the file system share the blocks of the source. Where it can't once, it is not asked again. */
  async #clone(entry: FoundEntry, file: UnpackedFile, full: string): Promise<boolean> {
    const { dir, exactModes, hash, meter, sync } = this.#options
    if (!this.#cloning || entry.clone === undefined || entry.size === undefined || entry.size <= SMALL || hash())
      return false
    try {
      this.#cloning = await entry.clone(full)
      if (!this.#cloning) return false
      await chmod(full, exactModes ? modeOf(entry) : modeOf(entry) & ~process.umask())
      if (sync) await syncFile(full)
    } catch (error) {
      throw placeError(error, entry, dir)
    }
    file.size = entry.size
    meter.wrote(entry.size)
    return true
  }

  /** Waits for all that is under way. */
  async drain(): Promise<void> {
    await Promise.allSettled(this.#pending)
    if (this.#failed) throw this.#reason
  }

  /** The same for whoever cleans up: never throws. */
  async settle(): Promise<void> {
    await Promise.allSettled(this.#pending)
  }

  async #add(job: Promise<void>): Promise<void> {
    const settled = job
      .catch(error => {
        if (!this.#failed) this.#reason = error
        this.#failed = true
      })
      .finally(() => this.#pending.delete(settled))
    this.#pending.add(settled)
    if (this.#pending.size >= AT_ONCE) await Promise.race(this.#pending)
    if (this.#failed) throw this.#reason
  }

  async #writeSmall(entry: FoundEntry, file: UnpackedFile, full: string, pieces: Uint8Array[]): Promise<void> {
    const content = pieces.length === 1 ? pieces[0] : Buffer.concat(pieces)
    const hash = this.#options.hash()
    try {
      const fd = await small.open(full, NEW_FILE, modeOf(entry))
      try {
        if (content !== undefined)
          await writeWhole((bytes, at) => small.write(fd, bytes, 0, bytes.length, at), content, 0)
        if (hash)
          file.sha256 = createHash('sha256')
            .update(content ?? '')
            .digest('hex')
        if (this.#options.exactModes) await small.chmod(fd, modeOf(entry))
        if (this.#options.sync) await small.fsync(fd)
      } finally {
        await small.close(fd)
      }
    } catch (error) {
      throw placeError(error, entry, this.#options.dir)
    }
  }
}

/** A file that is written as its bytes come. */
class LargeFile {
  readonly #entry: FoundEntry
  readonly #handle: FileHandle
  readonly #flusher: Flusher | undefined
  readonly #options: FileWriterOptions
  readonly #hash: ReturnType<typeof createHash> | undefined
  #at = 0

  private constructor(entry: FoundEntry, handle: FileHandle, options: FileWriterOptions) {
    this.#entry = entry
    this.#handle = handle
    this.#options = options
    this.#flusher = options.sync ? new Flusher(handle) : undefined
    this.#hash = options.hash() ? createHash('sha256') : undefined
  }

  static async create(entry: FoundEntry, full: string, options: FileWriterOptions): Promise<LargeFile> {
    try {
      const handle = await open(full, NEW_FILE, modeOf(entry))
      if (options.exactModes) await handle.chmod(modeOf(entry))
      return new LargeFile(entry, handle, options)
    } catch (error) {
      throw placeError(error, entry, options.dir)
    }
  }

  async write(chunk: Uint8Array): Promise<void> {
    const writing = writeWhole((bytes, at) => this.#handle.write(bytes, 0, bytes.length, at), chunk, this.#at)
    // The disk takes the bytes while they are hashed.
    this.#hash?.update(chunk)
    try {
      await writing
    } catch (error) {
      throw placeError(error, this.#entry, this.#options.dir)
    }
    this.#at += chunk.length
    this.#flusher?.wrote(chunk.length)
  }

  /** Makes it durable and closes it. */
  async finish(file: UnpackedFile): Promise<void> {
    try {
      await this.#flusher?.finish()
      if (this.#hash !== undefined) file.sha256 = this.#hash.digest('hex')
    } catch (error) {
      throw placeError(error, this.#entry, this.#options.dir)
    } finally {
      await this.#handle.close()
    }
  }

  async abandon(): Promise<void> {
    await this.#flusher?.settle()
    await this.#handle.close()
  }
}

/** Less the umask, which the system takes off. */
function modeOf(entry: FoundEntry): number {
  return entry.executable ? 0o755 : 0o644
}
