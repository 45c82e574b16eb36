import { crc32 } from 'node:zlib'
import { dictionaryBytes, LZMA2 } from './container.js'

/** What a block's header says (§3.1). */
export interface BlockHeader {
  /** The header as it is. */
  bytes: Uint8Array
  /** Bytes of data, padding and check not counted; undefined where the header leaves it open. */
  compressed: number | undefined
  /** Bytes that come out; undefined where the header leaves it open. */
  uncompressed: number | undefined
  /** Numbers of its filters, in the order of compressing. */
  filters: number[]
  /** Bytes of dictionary that its LZMA2 asks for; undefined where it has none. */
  dictionary: number | undefined
}

/** Length of a block header that begins with this byte, which isn't 0. */
export function blockHeaderLength(first: number): number {
  return (first + 1) * 4
}

/**
 * Reads a whole block header.
 *
 * @returns undefined where it is corrupt; `unsupported` where it uses what version 1.2.1 of the format reserves
 */
export function parseBlockHeader(bytes: Uint8Array): BlockHeader | 'unsupported' | undefined {
  const end = bytes.length - 4
  const sum = new DataView(bytes.buffer, bytes.byteOffset + end, 4).getUint32(0, true)
  if (crc32(bytes.subarray(0, end)) !== sum) return undefined
  const flags = bytes[1] ?? 0
  if ((flags & 0x3c) !== 0) return 'unsupported'
  const fields = new Fields(bytes, 2, end)
  const compressed = (flags & 0x40) === 0 ? undefined : fields.integer()
  const uncompressed = (flags & 0x80) === 0 ? undefined : fields.integer()
  const filters: number[] = []
  let dictionary: number | undefined
  for (let count = (flags & 3) + 1; count > 0 && !fields.failed; count--) {
    const filter = fields.integer()
    const properties = fields.bytes(fields.integer())
    filters.push(filter)
    if (filter !== LZMA2 || fields.failed) continue
    const [property = 255] = properties
    if (properties.length !== 1 || property > 40) return 'unsupported'
    dictionary = dictionaryBytes(property)
  }
  if (fields.failed || compressed === 0) return undefined
  if (fields.left().some(byte => byte !== 0)) return 'unsupported'
  return { bytes: Uint8Array.from(bytes), compressed, uncompressed, filters, dictionary }
}

/** Fields of a header, one after another. What runs over its end is noted, and reads as zero. */
class Fields {
  readonly #bytes: Uint8Array
  readonly #end: number
  #at: number
  failed = false

  constructor(bytes: Uint8Array, at: number, end: number) {
    this.#bytes = bytes
    this.#at = at
    this.#end = end
  }

  /** A number in the format's own form (§1.2), which must be the shortest; sizes beyond 2^53 cannot be. */
  integer(): number {
    let value = 0
    for (let shift = 0; shift < 63; shift += 7) {
      const byte = this.#at < this.#end ? (this.#bytes[this.#at++] as number) : this.#fail()
      value += (byte & 127) * 2 ** shift
      if (byte >= 128) continue
      if ((byte === 0 && shift > 0) || !Number.isSafeInteger(value)) this.failed = true
      return value
    }
    return this.#fail()
  }

  bytes(length: number): Uint8Array {
    if (length > this.#end - this.#at) this.failed = true
    const found = this.#bytes.subarray(this.#at, Math.min(this.#at + length, this.#end))
    this.#at += found.length
    return found
  }

  left(): Uint8Array {
    return this.#bytes.subarray(this.#at, this.#end)
  }

  #fail(): number {
    this.failed = true
    return 0
  }
}
