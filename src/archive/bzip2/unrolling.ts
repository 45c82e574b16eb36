import type { Block } from './block.js'

/** CRC-32 with the highest bit first, by the byte. */
const TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let value = byte << 24
  for (let bit = 0; bit < 8; bit++) value = (value << 1) ^ (value < 0 ? 0x04c11db7 : 0)
  return value
})

/** The bytes of a {@link Block} in their order, with runs at their full length: four equal ones are followed by a count. */
export class Unrolling {
  readonly #next: Uint32Array
  /** Bytes of the block to come. */
  #left: number
  #at: number
  /** The byte that came last, how often it came, and how often it is still to be repeated. */
  #byte = -1
  #run = 0
  #repeats = 0
  #sum = -1

  constructor({ next, length, origin }: Block) {
    this.#next = next
    this.#left = length
    this.#at = (next[origin] as number) >>> 8
  }

  /** CRC-32 of all that was given, as a signed number. */
  get sum(): number {
    return ~this.#sum
  }

  /**
   * Writes the next bytes.
   *
   * @returns how many: less than `into` holds only at the end
   */
  fill(into: Uint8Array): number {
    const next = this.#next
    let left = this.#left
    let at = this.#at
    let last = this.#byte
    let run = this.#run
    let filled = 0
    while (filled < into.length) {
      if (this.#repeats > 0) {
        const count = Math.min(this.#repeats, into.length - filled)
        into.fill(last, filled, filled + count)
        filled += count
        this.#repeats -= count
        continue
      }
      if (left === 0) break
      left--
      const entry = next[at] as number
      at = entry >>> 8
      const byte = entry & 255
      if (run === 4) {
        this.#repeats = byte
        run = 0
        continue
      }
      into[filled++] = byte
      run = byte === last ? run + 1 : 1
      last = byte
    }
    this.#left = left
    this.#at = at
    this.#byte = last
    this.#run = run
    this.#sum = checksum(this.#sum, into, filled)
    return filled
  }
}

function checksum(before: number, bytes: Uint8Array, length: number): number {
  let sum = before
  for (let index = 0; index < length; index++) {
    sum = (sum << 8) ^ (TABLE[(sum >>> 24) ^ (bytes[index] as number)] as number)
  }
  return sum
}
