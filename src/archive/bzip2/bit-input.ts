import type { Chunks } from '../bytes.js'

/**
 * Bytes that no block exceeds: 900,000 symbols of at most 20 bits, and a header of some 40 kB, however badly packed. A
 * block that runs out of these is thus cut off, or no encoder's work.
 */
const MOST = 2_500_000
/** Bits are read four bytes at a time, beyond the end too. */
const SPARE = 8

/** The bits of an archive, highest first in each byte, with enough of them at hand for a block. */
export class BitInput {
  /** What is at hand; what lies behind its end is of no meaning, but can be read. */
  readonly bytes: Uint8Array = new Uint8Array(2 * MOST + SPARE)
  /** Position of the next bit in {@link bytes}. */
  bit = 0
  readonly #chunks: AsyncIterator<Uint8Array>
  #end = 0
  /** What of the last chunk did not fit. */
  #rest: Uint8Array = new Uint8Array(0)
  #done = false

  constructor(chunks: Chunks) {
    this.#chunks = chunks[Symbol.asyncIterator]()
  }

  /** Whether more was read than there is. */
  get overrun(): boolean {
    return this.bit > this.#end * 8
  }

  /** Bytes at hand, of which the first may have been begun. */
  get left(): number {
    return this.#end - (this.bit >>> 3)
  }

  /** Sees to it that a whole block is at hand, or all there is. */
  async prepare(): Promise<void> {
    if (this.left >= MOST || this.#done) return
    const from = this.bit >>> 3
    this.bytes.copyWithin(0, from, this.#end)
    this.#end -= from
    this.bit &= 7
    const room = this.bytes.length - SPARE
    while (this.#end < room && !this.#done) {
      const fits = this.#rest.subarray(0, room - this.#end)
      this.bytes.set(fits, this.#end)
      this.#end += fits.length
      this.#rest = this.#rest.subarray(fits.length)
      if (this.#rest.length > 0 || this.#end >= MOST) break
      const next = await this.#chunks.next()
      if (next.done) this.#done = true
      else this.#rest = next.value
    }
  }

  /** The next bits as a number. @param count 1 to 25 */
  read(count: number): number {
    const { bytes, bit } = this
    const at = bit >>> 3
    const word =
      (byte(bytes, at) << 24) | (byte(bytes, at + 1) << 16) | (byte(bytes, at + 2) << 8) | byte(bytes, at + 3)
    this.bit += count
    return (word << (bit & 7)) >>> (32 - count)
  }

  /** 32 bits, as a signed number. */
  readWord(): number {
    return (this.read(16) << 16) | this.read(16)
  }

  /** Goes on to the beginning of a byte. */
  align(): void {
    this.bit = (this.bit + 7) & ~7
  }

  /** Lets go of the input before its end. */
  async close(): Promise<void> {
    if (!this.#done) await this.#chunks.return?.()
  }
}

/** Reads behind the end of the array only happen when the bits ran out: then all of it is thrown away. */
function byte(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0
}
