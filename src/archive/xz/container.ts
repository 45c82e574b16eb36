import { crc32 } from 'node:zlib'

/** Bytes of a stream's header and of its footer; the footer is read from its end. */
export const STREAM_HEADER = 12

/** Bytes that no block header and no index entry may pass: its size is one byte, in units of four. */
export const MOST_BLOCK_HEADER = 1024

/** Bytes of the check that ends each block, by the number of its kind (xz file format 1.2.1 §2.1.1.2). */
export const CHECK_SIZES = [0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64] as const

/** Number of the check that is a CRC32, and the one where there is none. */
export const CRC32 = 1
export const NO_CHECK = 0

/** Number of the filter LZMA2 (§5.3.1). */
export const LZMA2 = 0x21

const MAGIC = Uint8Array.of(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0)
const FOOTER_MAGIC = Uint8Array.of(0x59, 0x5a)

/** How many zeros follow so many bytes, so that the next thing begins at a multiple of four. */
export function paddingAfter(length: number): number {
  return (4 - (length % 4)) % 4
}

/** How a stream begins (§2.1.1). */
export function streamHeader(check: number): Uint8Array {
  const bytes = Buffer.alloc(STREAM_HEADER)
  bytes.set(MAGIC)
  bytes[7] = check
  bytes.writeUInt32LE(crc32(bytes.subarray(6, 8)), 8)
  return bytes
}

/**
 * How a stream ends (§2.1.2).
 *
 * @param indexSize bytes of the index before it
 */
export function streamFooter(check: number, indexSize: number): Uint8Array {
  const bytes = Buffer.alloc(STREAM_HEADER)
  bytes.writeUInt32LE(indexSize / 4 - 1, 4)
  bytes[9] = check
  bytes.writeUInt32LE(crc32(bytes.subarray(4, 10)), 0)
  bytes.set(FOOTER_MAGIC, 10)
  return bytes
}

/** What a block's header says of it, as all blocks written here have it: LZMA2 alone, and both sizes. */
export interface BlockSizes {
  /** Bytes of LZMA2, neither padding nor check counted. */
  compressed: number
  /** Bytes that come out. */
  uncompressed: number
}

/** How a block begins (§3.1). */
export function blockHeader(sizes: BlockSizes, dictionary: number): Uint8Array {
  const fields = [...integer(sizes.compressed), ...integer(sizes.uncompressed), LZMA2, 1, dictionaryByte(dictionary)]
  const length = 2 + fields.length
  const bytes = Buffer.alloc(length + paddingAfter(length) + 4)
  bytes[0] = bytes.length / 4 - 1
  // One filter, both sizes present.
  bytes[1] = 0xc0
  bytes.set(fields, 2)
  bytes.writeUInt32LE(crc32(bytes.subarray(0, -4)), bytes.length - 4)
  return bytes
}

/**
 * The byte that tells readers how much dictionary to allocate: the smallest that says at least so many bytes (§5.3.1:
 * 2^n or 2^n + 2^(n-1), from 4 KiB).
 */
export function dictionaryByte(bytes: number): number {
  let byte = 0
  while (byte < 40 && dictionaryBytes(byte) < bytes) byte++
  return byte
}

/** Bytes of dictionary that such a byte asks for. */
export function dictionaryBytes(byte: number): number {
  return byte === 40 ? 2 ** 32 - 1 : (2 + (byte % 2)) * 2 ** (Math.floor(byte / 2) + 11)
}

/** A number as the format writes them: seven bits a byte, the lowest first (§1.2). */
export function integer(value: number): number[] {
  const bytes = []
  let left = value
  for (; left >= 128; left = Math.floor(left / 128)) bytes.push((left % 128) + 128)
  bytes.push(left)
  return bytes
}

/** What the index says of a block: its bytes without padding, and those that come out (§4.3). */
export function indexRecord(unpadded: number, uncompressed: number): number[] {
  return [...integer(unpadded), ...integer(uncompressed)]
}

/** What begins an index of so many records (§4). */
export function indexStart(count: number): number[] {
  return [0, ...integer(count)]
}

/** What follows an index's records: padding, then the CRC32 of all, whose value before the padding is `sum`. */
export function indexEnd(length: number, sum: number): Uint8Array {
  const bytes = Buffer.alloc(paddingAfter(length) + 4)
  bytes.writeUInt32LE(crc32(bytes.subarray(0, -4), sum), bytes.length - 4)
  return bytes
}

/** Whether these bytes begin with what begins a stream. */
export function startsStream(bytes: Uint8Array): boolean {
  return MAGIC.every((byte, at) => bytes[at] === byte)
}
