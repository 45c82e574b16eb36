import type { BitInput } from './bit-input.js'
import { CodeTable, LONGEST_CODE } from './code-table.js'

/** Symbols that take their codes from one table, before the next is selected. */
const GROUP = 50
/** Above this a run can't be meant: no block is so long. */
const LONGEST_RUN = 2_000_000

/** The data is not bzip2; the message says why, to follow "it cannot be read as bzip2". */
export class Bzip2Damage extends Error {}

/**
 * A block of bzip2 on its way out: codes, then move-to-front with runs of the front, then the sorting (Burrows and
 * Wheeler) are undone here; {@link Unrolling} undoes the rest. There is no official description of the format: this
 * follows what bzip2 1.0.8 reads, except the blocks of version 0.9.0 that were shuffled.
 */
export class Block {
  /**
   * For each byte of the sorted block: the byte, and above it in bits where the one after it lies. Enough for the
   * longest block.
   */
  readonly next: Uint32Array = new Uint32Array(900_000)
  /** Bytes in {@link next}. */
  length = 0
  /** Which of {@link next} leads to the first byte. */
  origin = 0
  readonly #counts = new Uint32Array(256)
  readonly #selectors = new Uint8Array(32_768)

  /**
   * Reads a block from behind its magic number and checksum.
   *
   * @param most bytes that a block of this stream may have
   * @throws {@link Bzip2Damage}
   */
  read(bits: BitInput, most: number): void {
    if (bits.read(1) === 1) throw new Bzip2Damage('it was made by version 0.9.0 or older')
    this.origin = bits.read(24)
    const front = usedBytes(bits)
    const tableCount = bits.read(3)
    if (tableCount < 2 || tableCount > 6) throw new Bzip2Damage('it has a wrong number of code tables')
    const selected = this.#readSelectors(bits, tableCount)
    const tables = Array.from({ length: tableCount }, () => readTable(bits, front.length + 2))
    this.#readSymbols(bits, tables, selected, front, most)
    if (this.origin >= this.length) throw new Bzip2Damage('a block begins outside itself')
    this.#unsort()
  }

  /** Which table each group takes, as places in a list whose front is the one taken last. */
  #readSelectors(bits: BitInput, tableCount: number): number {
    const count = bits.read(15)
    if (count === 0) throw new Bzip2Damage('a block selects no code')
    const list = Array.from({ length: tableCount }, (_, table) => table)
    for (let index = 0; index < count; index++) {
      let place = 0
      while (bits.read(1) === 1) if (++place >= tableCount) throw new Bzip2Damage('a block selects a code it lacks')
      const [table = 0] = list.splice(place, 1)
      list.unshift(table)
      this.#selectors[index] = table
    }
    return count
  }

  /** Symbols 0 and 1 are digits of a run's length, the last one ends the block, the others are places behind the front. */
  #readSymbols(bits: BitInput, tables: CodeTable[], groups: number, front: Uint8Array, most: number): void {
    const { next } = this
    const { bytes } = bits
    const counts = this.#counts.fill(0)
    const last = front.length + 1
    // The bits that were read of the bytes before `at` and not used yet: the lowest `have` of `word`.
    let at = bits.bit >>> 3
    let word = bytes[at++] as number
    let have = 8 - (bits.bit & 7)
    let length = 0
    let run = 0
    let digit = 1
    for (let group = 0; ; group++) {
      if (group >= groups) throw new Bzip2Damage('a block does not end')
      const table = tables[this.#selectors[group] as number] as CodeTable
      const { quick } = table
      for (let left = GROUP; left > 0; left--) {
        while (have <= 24) {
          word = (word << 8) | (bytes[at++] as number)
          have += 8
        }
        let found = quick[(word >>> (have - 10)) & 1023] as number
        if (found === 0) found = table.find((word >>> (have - LONGEST_CODE)) & 0xfffff)
        if (found === 0) throw new Bzip2Damage('it has a code that means nothing')
        have -= found & 31
        const symbol = found >>> 5
        if (symbol < 2) {
          run += digit << symbol
          digit <<= 1
          if (run > LONGEST_RUN) throw new Bzip2Damage('a block is too long')
          continue
        }
        if (run > 0) {
          if (length + run > most) throw new Bzip2Damage('a block is too long')
          const byte = front[0] as number
          next.fill(byte, length, length + run)
          counts[byte] = (counts[byte] as number) + run
          length += run
          run = 0
          digit = 1
        }
        if (symbol === last) {
          this.length = length
          bits.bit = at * 8 - have
          return
        }
        if (length >= most) throw new Bzip2Damage('a block is too long')
        const place = symbol - 1
        const byte = front[place] as number
        if (place < 16) for (let index = place; index > 0; index--) front[index] = front[index - 1] as number
        else front.copyWithin(1, 0, place)
        front[0] = byte
        counts[byte] = (counts[byte] as number) + 1
        next[length++] = byte
      }
      // Overrun bits may go on for long before they break a rule.
      bits.bit = at * 8 - have
      if (bits.overrun) throw new Bzip2Damage('it is cut off')
    }
  }

  /** Links each byte to the one after it: the n-th of a kind in the block stands before the n-th of it in sorted order. */
  #unsort(): void {
    const { next, length } = this
    const starts = this.#counts
    let sum = 0
    for (let byte = 0; byte < 256; byte++) {
      const count = starts[byte] as number
      starts[byte] = sum
      sum += count
    }
    for (let index = 0; index < length; index++) {
      const byte = (next[index] as number) & 255
      const place = starts[byte] as number
      starts[byte] = place + 1
      next[place] = (next[place] as number) | (index << 8)
    }
  }
}

/** The bytes that occur, in their order: 16 bits for the sixteenths of all bytes, then 16 for each that has any. */
function usedBytes(bits: BitInput): Uint8Array {
  const used: number[] = []
  const parts = bits.read(16)
  for (let part = 0; part < 16; part++) {
    if ((parts & (0x8000 >> part)) === 0) continue
    const members = bits.read(16)
    for (let member = 0; member < 16; member++) if (members & (0x8000 >> member)) used.push(part * 16 + member)
  }
  if (used.length === 0) throw new Bzip2Damage('a block has no bytes')
  return Uint8Array.from(used)
}

/** Lengths of codes, each as steps from the one before. */
function readTable(bits: BitInput, symbols: number): CodeTable {
  const lengths = new Uint8Array(symbols)
  let length = bits.read(5)
  for (let symbol = 0; symbol < symbols; symbol++) {
    for (;;) {
      if (length < 1 || length > LONGEST_CODE) throw new Bzip2Damage('a code has a wrong length')
      if (bits.read(1) === 0) break
      length += bits.read(1) === 0 ? 1 : -1
    }
    lengths[symbol] = length
  }
  try {
    return new CodeTable(lengths)
  } catch {
    throw new Bzip2Damage('a code is overfull')
  }
}
