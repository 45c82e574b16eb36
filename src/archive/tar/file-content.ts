import { BentoError } from '../../core/errors.js'
import { visible } from '../../core/text.js'
import { readFull } from '../bytes.js'
import type { OpenedFile, PackFile } from '../entries.js'

/** The content of a file to be packed, of exactly the size that its entry says: opened at the first read, closed after the last. */
export class FileContent {
  /** Bytes that have no place in the archive yet. For who lays it out. */
  left: number
  readonly #file: PackFile
  #opened: OpenedFile | undefined
  #done = 0

  constructor(file: PackFile) {
    this.#file = file
    this.left = file.size
  }

  /**
   * Fills `into` with what comes next. The last such read, which may be of no bytes, makes sure that there is no more.
   *
   * @throws `SOURCE_CHANGED`, and what the file throws. It is closed then
   */
  async read(into: Uint8Array): Promise<void> {
    try {
      this.#opened ??= await this.#file.open()
      const count = await readFull(this.#opened, into)
      this.#done += count
      if (count < into.length) throw this.#changed(`has ${this.#done} bytes now, where it had ${this.#file.size}`)
      if (this.#done < this.#file.size) return
      if ((await this.#opened.read(SPARE)) > 0) throw this.#changed(`has more than the ${this.#done} bytes it had`)
    } catch (error) {
      // The first error is what went wrong.
      await this.close().catch(() => undefined)
      throw error
    }
    await this.close()
  }

  async close(): Promise<void> {
    const opened = this.#opened
    this.#opened = undefined
    await opened?.close()
  }

  #changed(how: string): BentoError {
    const { path } = this.#file
    return new BentoError(
      'SOURCE_CHANGED',
      `${visible(JSON.stringify(path))} changed while it was packed: it ${how}.`,
      {
        hint: 'Pack again when nothing writes there any more.',
        details: { path },
      },
    )
  }
}

/** Takes what should not be there; nobody reads it. */
const SPARE = Buffer.alloc(1)
