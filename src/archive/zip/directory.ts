import { limitError } from '../limits.js'
import type { ExtractLimits } from '../types.js'
import type { ArchiveFile } from './archive-file.js'
import type { DirectorySpan } from './end-record.js'
import { extraFields, widen } from './extra-fields.js'
import { CENTRAL, CENTRAL_SIZE, DEFLATED, EXTRA_ZIP64, FLAG, FULL16, LOCAL_SIZE, STORED } from './format.js'
import { decodeName } from './name.js'
import { refuseArchive, refuseEntry } from './refuse.js'

/** An entry as the central directory has it. */
export interface DirectoryEntry {
  /** Place in the directory, from 0. */
  index: number
  name: string
  /** The name's bytes, a character each, to be compared with those of the local header. */
  rawName: string
  flags: number
  method: number
  crc: number
  /** Bytes in the archive. */
  packed: number
  /** Bytes of the content. */
  size: number
  /** Of the local header. */
  offset: number
  /** Upper byte of "version made by". */
  host: number
  attributes: number
}

/** What an entry takes beside its name's two forms, roughly, in bytes of memory. */
const ENTRY_MEMORY = 256

const METHODS: Readonly<Record<number, string>> = {
  1: 'Shrink',
  6: 'Implode',
  9: 'Deflate64',
  12: 'bzip2',
  14: 'LZMA',
  20: 'zstd',
  93: 'zstd',
  95: 'xz',
  96: 'JPEG',
  98: 'PPMd',
  99: 'AES encryption',
}

/**
 * Reads the central directory, which must be as long as it says and hold as many entries as it says, and of each entry
 * checks what can be seen there.
 *
 * @returns the entries in the order in which they lie in the file
 * @throws `ARCHIVE_INVALID`, `ENTRY_NAME`, `LIMIT_EXCEEDED`, `IO_FAILED`
 */
export async function readDirectory(
  file: ArchiveFile,
  span: DirectorySpan,
  limits: ExtractLimits,
): Promise<DirectoryEntry[]> {
  const entries: DirectoryEntry[] = []
  let memory = 0
  let at = span.start
  for (let index = 0; index < span.entries; index++) {
    if (at + CENTRAL_SIZE > span.end) throw refuseArchive('says that it has more entries than its directory holds')
    const length = headerLength(await file.view(at, CENTRAL_SIZE))
    if (at + length > span.end) throw refuseArchive('has a directory that is shorter than its entries')
    if (length > limits.header)
      throw limitError('header', limits.header, `Entry ${index} has a longer header than allowed`)
    const entry = readEntry(await file.view(at, length), index)
    entries.push(entry)
    memory += ENTRY_MEMORY + 3 * entry.rawName.length
    if (memory > limits.memory)
      throw limitError('memory', limits.memory, 'The directory of the zip archive takes more memory')
    at += length
  }
  if (at !== span.end) throw refuseArchive('has entries or other bytes in its directory that are not counted')
  entries.sort((a, b) => a.offset - b.offset)
  checkOverlap(entries, span)
  return entries
}

function headerLength(header: Buffer): number {
  if (header.readUInt32LE(0) !== CENTRAL) throw refuseArchive('has a damaged directory')
  return CENTRAL_SIZE + header.readUInt16LE(28) + header.readUInt16LE(30) + header.readUInt16LE(32)
}

function readEntry(header: Buffer, index: number): DirectoryEntry {
  const extraAt = CENTRAL_SIZE + header.readUInt16LE(28)
  const raw = header.subarray(CENTRAL_SIZE, extraAt)
  const extra = extraFields(header.subarray(extraAt, extraAt + header.readUInt16LE(30)))
  if (extra === undefined)
    throw refuseEntry({ index, name: raw.toString('latin1') }, 'has an extra field that runs past its end')
  const host = header.readUInt8(5)
  const flags = header.readUInt16LE(8)
  const name = decodeName({ index, flags, host, raw, extra })
  const values = [header.readUInt32LE(24), header.readUInt32LE(20), header.readUInt32LE(42)]
  const problem = widen(values, extra)
  if (problem !== undefined) throw refuseEntry({ index, name }, problem)
  const [size = 0, packed = 0, offset = 0] = values
  const entry: DirectoryEntry = {
    index,
    name,
    rawName: raw.toString('latin1'),
    flags,
    method: header.readUInt16LE(10),
    crc: header.readUInt32LE(16),
    packed,
    size,
    offset,
    host,
    attributes: header.readUInt32LE(38),
  }
  const disk = header.readUInt16LE(34)
  const wideDisk = disk === FULL16 && extra.some(({ id, data }) => id === EXTRA_ZIP64 && endsWithDisk0(data))
  if (disk !== 0 && !wideDisk) throw refuseEntry(entry, 'lies in another file of a split archive, which cannot be read')
  checkReadable(entry)
  return entry
}

/** The disk is the last of the zip64 field's values, and of 32 bits. */
function endsWithDisk0(data: Buffer): boolean {
  return data.length % 8 === 4 && data.readUInt32LE(data.length - 4) === 0
}

function checkReadable(entry: DirectoryEntry): void {
  const { flags, method, packed, size } = entry
  if (method === 99) throw refuseEntry(entry, 'is encrypted with AES, which cannot be read')
  if ((flags & (FLAG.encrypted | FLAG.strong | FLAG.masked)) !== 0) {
    throw refuseEntry(entry, 'is encrypted, which cannot be read')
  }
  if ((flags & FLAG.patched) !== 0) throw refuseEntry(entry, 'is a patch of another file, which cannot be read')
  if (method !== STORED && method !== DEFLATED) {
    const called = METHODS[method]
    const which = called === undefined ? `method ${method}` : `method ${method}, ${called}`
    throw refuseEntry(entry, `is compressed by ${which}; only stored and deflated ones can be read`)
  }
  if (!Number.isSafeInteger(size) || !Number.isSafeInteger(packed)) throw refuseEntry(entry, 'has an impossible size')
  if (method === STORED && packed !== size) throw refuseEntry(entry, 'is stored, yet has two different sizes')
}

/** The gaps between them are known once the local headers are read. */
function checkOverlap(entries: readonly DirectoryEntry[], span: DirectorySpan): void {
  if (entries[0]?.offset !== 0) throw refuseArchive('has bytes before its first entry')
  for (const [place, entry] of entries.entries()) {
    const end = entries[place + 1]?.offset ?? span.start
    const least = entry.offset + LOCAL_SIZE + entry.rawName.length + entry.packed
    if (!(least <= end)) throw refuseEntry(entry, 'overlaps with what comes behind it')
  }
}
