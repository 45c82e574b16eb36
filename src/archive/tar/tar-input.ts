import type { Chunks } from '../bytes.js'
import { BLOCK } from './layout.js'

const NOTHING: Buffer = Buffer.alloc(0)

/**
 * The bytes of a tar archive, taken block by block or in pieces as they come. Nothing waits as long as the bytes at hand
 * suffice; {@link more} fetches others.
 */
export class TarInput {
  /** Where the block is that {@link block} found: in these bytes, … */
  bytes: Buffer = NOTHING
  /** … from here on. */
  at = 0

  readonly #chunks: AsyncIterator<Uint8Array>
  #chunk = NOTHING
  #next = 0
  /** Bytes of the archive before this chunk. */
  #before = 0
  /** A block that begins in one chunk and ends in another. */
  readonly #split = Buffer.allocUnsafe(BLOCK)
  #splitLength = 0

  constructor(chunks: Chunks) {
    this.#chunks = chunks[Symbol.asyncIterator]()
  }

  /** Bytes taken so far. */
  get offset(): number {
    return this.#before + this.#next
  }

  /** Bytes of a block that the archive has only a part of so far. */
  get splitLength(): number {
    return this.#splitLength
  }

  /** Takes a block. @returns false where more bytes are needed */
  block(): boolean {
    if (this.#splitLength === 0 && this.#chunk.length - this.#next >= BLOCK) {
      this.bytes = this.#chunk
      this.at = this.#next
      this.#next += BLOCK
      return true
    }
    const part = this.piece(BLOCK - this.#splitLength)
    this.#split.set(part, this.#splitLength)
    this.#splitLength += part.length
    if (this.#splitLength < BLOCK) return false
    this.#splitLength = 0
    this.bytes = this.#split
    this.at = 0
    return true
  }

  /** Takes at most `limit` bytes, as many as are at hand; valid until {@link more}. */
  piece(limit: number): Buffer {
    const end = Math.min(this.#chunk.length, this.#next + limit)
    const piece = this.#chunk.subarray(this.#next, end)
    this.#next = end
    return piece
  }

  /** Passes over at most `limit` bytes. @returns how many */
  skip(limit: number): number {
    const count = Math.min(this.#chunk.length - this.#next, limit)
    this.#next += count
    return count
  }

  /** Fetches the next chunk; what was at hand must have been taken. @returns false at the end */
  async more(): Promise<boolean> {
    const result = await this.#chunks.next()
    this.#before += this.#chunk.length
    this.#next = 0
    this.#chunk = NOTHING
    if (result.done === true) return false
    const { buffer, byteOffset, length } = result.value
    this.#chunk = Buffer.from(buffer, byteOffset, length)
    return true
  }

  /** Tells the source that no more is wanted. */
  async close(): Promise<void> {
    await this.#chunks.return?.()
  }
}
