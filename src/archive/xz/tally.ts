import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import type { ByteReader } from './byte-reader.js'
import { indexEnd, indexRecord, indexStart } from './container.js'

/** Most bytes of an index that are looked at together. */
const PORTION = 64 * 1024

/**
 * What the index of a stream must say, summed up while its blocks go by. As there is one way to write an index, its bytes
 * are compared, by SHA-256: so a file of many tiny blocks takes no more memory than another.
 */
export class Tally {
  readonly #hash = createHash('sha256')
  #blocks = 0
  #length = 0

  /**
   * Notes a block.
   *
   * @param unpadded bytes of its header, data and check
   */
  add(unpadded: number, uncompressed: number): void {
    const record = Uint8Array.from(indexRecord(unpadded, uncompressed))
    this.#hash.update(record)
    this.#length += record.length
    this.#blocks++
  }

  /**
   * Reads the index.
   *
   * @returns its length; undefined where it isn't what the blocks make it, or ends too early
   */
  async readIndex(reader: ByteReader): Promise<number | undefined> {
    const start = Uint8Array.from(indexStart(this.#blocks))
    if (!equal(await reader.upTo(start.length), start)) return undefined
    let sum = crc32(start)
    const found = createHash('sha256')
    for (let left = this.#length; left > 0; ) {
      const part = await reader.some(Math.min(left, PORTION))
      if (part.length === 0) return undefined
      found.update(part)
      sum = crc32(part, sum)
      left -= part.length
    }
    if (!found.digest().equals(this.#hash.digest())) return undefined
    const end = indexEnd(start.length + this.#length, sum)
    if (!equal(await reader.upTo(end.length), end)) return undefined
    return start.length + this.#length + end.length
  }
}

/** Whether two runs of bytes are the same. */
export function equal(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0
}
