import type { Chunks } from '../bytes.js'

const NOTHING = new Uint8Array(0)

/** Reads chunks that come as they please in portions that the reader needs. What it gives is valid until the next call. */
export class ByteReader {
  readonly #chunks: AsyncIterator<Uint8Array>
  #rest: Uint8Array = NOTHING

  constructor(chunks: Chunks) {
    this.#chunks = chunks[Symbol.asyncIterator]()
  }

  /** The next bytes, at least one of them and at most `most`; none at the end. They aren't copied. */
  async some(most: number): Promise<Uint8Array> {
    if (this.#rest.length === 0) this.#rest = await this.#next()
    const found = this.#rest.subarray(0, most)
    this.#rest = this.#rest.subarray(found.length)
    return found
  }

  /** The next `length` bytes; fewer only where the end comes before. */
  async upTo(length: number): Promise<Uint8Array> {
    await this.#gather(length)
    const found = this.#rest.subarray(0, length)
    this.#rest = this.#rest.subarray(length)
    return found
  }

  /** The same, but they stay to be read. */
  async peek(length: number): Promise<Uint8Array> {
    await this.#gather(length)
    return this.#rest.subarray(0, length)
  }

  /** What is at hand, at least a byte unless all is read; it stays to be read. */
  async ahead(): Promise<Uint8Array> {
    await this.#gather(1)
    return this.#rest
  }

  /** All that is left. */
  async *rest(): Chunks {
    for (;;) {
      const chunk = await this.some(Number.POSITIVE_INFINITY)
      if (chunk.length === 0) return
      yield chunk
    }
  }

  /** Lets go of what gives the chunks. */
  async close(): Promise<void> {
    await this.#chunks.return?.()
  }

  async #next(): Promise<Uint8Array> {
    const { value, done } = await this.#chunks.next()
    return done ? NOTHING : value
  }

  async #gather(length: number): Promise<void> {
    while (this.#rest.length < length) {
      // The chunk at hand is invalid once the next is asked for.
      const kept = Uint8Array.from(this.#rest)
      this.#rest = kept
      const chunk = await this.#next()
      if (chunk.length === 0) return
      this.#rest = kept.length === 0 ? chunk : Buffer.concat([kept, chunk])
    }
  }
}
