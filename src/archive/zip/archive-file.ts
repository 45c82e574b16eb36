import { type FileHandle, open } from 'node:fs/promises'
import { readError } from '../../files/errors.js'
import { refuseArchive } from './refuse.js'

/** What is read at once: headers and small contents come by the hundreds. */
export const WINDOW = 1024 * 1024

/** A file that is read here and there, mostly forwards. */
export class ArchiveFile {
  readonly #handle: FileHandle
  readonly #path: string
  /** Bytes of the file. */
  readonly size: number
  /** Begins at {@link #at}; the whole of the memory behind it is {@link #memory}. */
  #window: Buffer = Buffer.alloc(0)
  #memory: Buffer | undefined
  #at = 0
  #spare: [Buffer, Buffer] | undefined

  private constructor(handle: FileHandle, path: string, size: number) {
    this.#handle = handle
    this.#path = path
    this.size = size
  }

  /** @throws `IO_FAILED` */
  static async open(path: string): Promise<ArchiveFile> {
    let handle: FileHandle | undefined
    try {
      handle = await open(path)
      return new ArchiveFile(handle, path, (await handle.stat()).size)
    } catch (error) {
      await handle?.close()
      throw readError(error, 'open the archive', path)
    }
  }

  /**
   * Bytes of the file, valid until the next call.
   *
   * @param length at most {@link WINDOW}
   * @param ahead how much to read where it must be read: less, where what follows isn't viewed
   * @throws `ARCHIVE_INVALID` where the file ends before, `IO_FAILED`
   */
  async view(at: number, length: number, ahead: number = WINDOW): Promise<Buffer> {
    if (at < this.#at || at + length > this.#at + this.#window.length)
      await this.#move(at, length, Math.max(length, ahead))
    return this.#window.subarray(at - this.#at, at - this.#at + length)
  }

  async #move(at: number, length: number, ahead: number): Promise<void> {
    if (at + length > this.size) throw refuseArchive('is cut off, or its directory points beyond its end')
    this.#memory ??= Buffer.allocUnsafeSlow(Math.min(WINDOW, this.size))
    this.#window = this.#memory.subarray(0, 0)
    this.#window = await this.readInto(this.#memory.subarray(0, Math.min(ahead, this.size - at)), at)
    this.#at = at
  }

  /**
   * Two buffers of {@link WINDOW} bytes for {@link readInto}: the content of a large entry goes through them in turns,
   * one entry at a time.
   */
  get spare(): [Buffer, Buffer] {
    this.#spare ??= [Buffer.allocUnsafeSlow(WINDOW), Buffer.allocUnsafeSlow(WINDOW)]
    return this.#spare
  }

  /** Fills a buffer of the caller's. @throws `ARCHIVE_INVALID` where the file ends before, `IO_FAILED` */
  async readInto(buffer: Buffer, at: number): Promise<Buffer> {
    let filled = 0
    while (filled < buffer.length) {
      const count = await this.#read(buffer, filled, at + filled)
      if (count === 0) throw refuseArchive('became shorter while it was read')
      filled += count
    }
    return buffer
  }

  async #read(buffer: Buffer, offset: number, at: number): Promise<number> {
    try {
      return (await this.#handle.read(buffer, offset, buffer.length - offset, at)).bytesRead
    } catch (error) {
      throw readError(error, 'read the archive', this.#path)
    }
  }

  /** Waits for reads under way. */
  async close(): Promise<void> {
    await this.#handle.close()
  }
}
