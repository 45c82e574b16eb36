import {
  CENTRAL,
  CENTRAL_SIZE,
  DEFLATED,
  DESCRIPTOR,
  END,
  END_SIZE,
  END64,
  END64_SIZE,
  EXTRA_ZIP64,
  FLAG,
  FULL16,
  FULL32,
  LOCAL,
  LOCAL_SIZE,
  LOCATOR64,
  LOCATOR64_SIZE,
  MADE_BY,
} from './format.js'

/** Unix, and as much of the note as zip64 needs. */
const VERSION_MADE_BY = (MADE_BY.unix << 8) | 45
const NEEDS_ZIP64 = 45
const NEEDS_DEFLATE_OR_FOLDERS = 20
const NEEDS_NOTHING = 10

/** What the headers of an entry say. */
export interface Header {
  /** UTF-8; of a folder, with the `/` at its end. */
  name: Uint8Array
  /** Whether some of the name is not ASCII. */
  utf8: boolean
  /** MS-DOS time and date, from {@link dosTime}. */
  time: number
  date: number
  /** Upper half a Unix mode, lower half MS-DOS attributes. */
  attributes: number
  folder: boolean
  method: number
  /** CRC and sizes come after the content, and are unknown when the local header is written. */
  streamed: boolean
  /** With {@link streamed}: whether the descriptor has sizes of 64 bits. */
  large: boolean
  crc: number
  /** Bytes in the archive. */
  packed: number
  /** Bytes of the content. */
  size: number
}

/**
 * MS-DOS time and date, two seconds fine, which know no time zone: here they are UTC, so that they are the same on every
 * machine. What is before 1980 or after 2107 becomes the nearest that can be told.
 *
 * @param seconds since 1970-01-01T00:00:00Z
 */
export function dosTime(seconds: number): { time: number; date: number } {
  const clamped = Math.min(Math.max(seconds, Date.UTC(1980, 0, 1) / 1000), Date.UTC(2107, 11, 31, 23, 59, 58) / 1000)
  const at = new Date(clamped * 1000)
  return {
    time: (at.getUTCHours() << 11) | (at.getUTCMinutes() << 5) | (at.getUTCSeconds() >> 1),
    date: ((at.getUTCFullYear() - 1980) << 9) | ((at.getUTCMonth() + 1) << 5) | at.getUTCDate(),
  }
}

/** What stands before the content, §4.3.7. */
export function localHeader(header: Header): Uint8Array {
  const { streamed, large } = header
  const extra = large ? 20 : 0
  const bytes = Buffer.allocUnsafe(LOCAL_SIZE + header.name.length + extra)
  bytes.writeUInt32LE(LOCAL, 0)
  common(bytes, 4, header, large)
  bytes.writeUInt32LE(streamed ? 0 : header.crc, 14)
  bytes.writeUInt32LE(large ? FULL32 : streamed ? 0 : header.packed, 18)
  bytes.writeUInt32LE(large ? FULL32 : streamed ? 0 : header.size, 22)
  bytes.writeUInt16LE(header.name.length, 26)
  bytes.writeUInt16LE(extra, 28)
  bytes.set(header.name, LOCAL_SIZE)
  // It must be there for the descriptor to be of 64 bits, §4.3.9.2, and hold both sizes, which aren't known yet.
  if (large) writeZip64(bytes, LOCAL_SIZE + header.name.length, [0, 0])
  return bytes
}

/** What follows the content of a streamed entry, §4.3.9. */
export function descriptor({ large, crc, packed, size }: Header): Uint8Array {
  const bytes = Buffer.allocUnsafe(large ? 24 : 16)
  bytes.writeUInt32LE(DESCRIPTOR, 0)
  bytes.writeUInt32LE(crc, 4)
  if (large) {
    bytes.writeBigUInt64LE(BigInt(packed), 8)
    bytes.writeBigUInt64LE(BigInt(size), 16)
  } else {
    bytes.writeUInt32LE(packed, 8)
    bytes.writeUInt32LE(size, 12)
  }
  return bytes
}

/** The entry in the central directory, §4.3.12. @param offset of its local header */
export function centralHeader(header: Header, offset: number): Uint8Array {
  const wide = [header.size, header.packed, offset].filter(value => value >= FULL32)
  const extra = wide.length === 0 ? 0 : 4 + 8 * wide.length
  const bytes = Buffer.alloc(CENTRAL_SIZE + header.name.length + extra)
  bytes.writeUInt32LE(CENTRAL, 0)
  bytes.writeUInt16LE(VERSION_MADE_BY, 4)
  common(bytes, 6, header, header.large || extra > 0)
  bytes.writeUInt32LE(header.crc, 16)
  bytes.writeUInt32LE(Math.min(header.packed, FULL32), 20)
  bytes.writeUInt32LE(Math.min(header.size, FULL32), 24)
  bytes.writeUInt16LE(header.name.length, 28)
  bytes.writeUInt16LE(extra, 30)
  bytes.writeUInt32LE(header.attributes, 38)
  bytes.writeUInt32LE(Math.min(offset, FULL32), 42)
  bytes.set(header.name, CENTRAL_SIZE)
  if (extra > 0) writeZip64(bytes, CENTRAL_SIZE + header.name.length, wide)
  return bytes
}

/**
 * What ends an archive, §4.3.14 to 16.
 *
 * @param start of the central directory; it ends where these records begin
 */
export function endRecords(entries: number, start: number, length: number): Uint8Array {
  const end = Buffer.alloc(END_SIZE)
  end.writeUInt32LE(END, 0)
  end.writeUInt16LE(Math.min(entries, FULL16), 8)
  end.writeUInt16LE(Math.min(entries, FULL16), 10)
  end.writeUInt32LE(Math.min(length, FULL32), 12)
  end.writeUInt32LE(Math.min(start, FULL32), 16)
  if (entries < FULL16 && length < FULL32 && start < FULL32) return end
  const wide = Buffer.alloc(END64_SIZE + LOCATOR64_SIZE)
  wide.writeUInt32LE(END64, 0)
  wide.writeBigUInt64LE(BigInt(END64_SIZE - 12), 4)
  wide.writeUInt16LE(VERSION_MADE_BY, 12)
  wide.writeUInt16LE(NEEDS_ZIP64, 14)
  wide.writeBigUInt64LE(BigInt(entries), 24)
  wide.writeBigUInt64LE(BigInt(entries), 32)
  wide.writeBigUInt64LE(BigInt(length), 40)
  wide.writeBigUInt64LE(BigInt(start), 48)
  wide.writeUInt32LE(LOCATOR64, END64_SIZE)
  wide.writeBigUInt64LE(BigInt(start + length), END64_SIZE + 8)
  wide.writeUInt32LE(1, END64_SIZE + 16)
  return Buffer.concat([wide, end])
}

/** The five fields that local and central headers have in one order. */
function common(bytes: Buffer, at: number, header: Header, zip64: boolean): void {
  const plain = header.folder || header.method === DEFLATED ? NEEDS_DEFLATE_OR_FOLDERS : NEEDS_NOTHING
  bytes.writeUInt16LE(zip64 ? NEEDS_ZIP64 : plain, at)
  bytes.writeUInt16LE((header.streamed ? FLAG.descriptor : 0) | (header.utf8 ? FLAG.utf8 : 0), at + 2)
  bytes.writeUInt16LE(header.method, at + 4)
  bytes.writeUInt16LE(header.time, at + 6)
  bytes.writeUInt16LE(header.date, at + 8)
}

function writeZip64(bytes: Buffer, at: number, values: readonly number[]): void {
  bytes.writeUInt16LE(EXTRA_ZIP64, at)
  bytes.writeUInt16LE(8 * values.length, at + 2)
  for (const [index, value] of values.entries()) bytes.writeBigUInt64LE(BigInt(value), at + 4 + 8 * index)
}
