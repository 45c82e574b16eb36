import type { ArchiveFile } from './archive-file.js'
import { SMALL_CONTENT } from './content.js'
import type { DirectoryEntry } from './directory.js'
import { extraFields, unicodePath, widen } from './extra-fields.js'
import { DESCRIPTOR, FLAG, LOCAL, LOCAL_SIZE } from './format.js'
import { refuseEntry } from './refuse.js'

/** Read with the header of an entry whose content is read otherwise. */
const SHORT = 4096

/** Flags that change how an entry is read. The others tell how hard it was compressed, or nothing. */
const TELLING = FLAG.encrypted | FLAG.descriptor | FLAG.patched | FLAG.strong | FLAG.utf8 | FLAG.masked

/**
 * Checks that the local header says the same as the central directory: which of them counts differs from reader to
 * reader.
 *
 * @returns where the content begins
 * @throws `ARCHIVE_INVALID`, `ENTRY_NAME`, `IO_FAILED`
 */
export async function checkLocalHeader(file: ArchiveFile, entry: DirectoryEntry): Promise<number> {
  const ahead = entry.packed <= SMALL_CONTENT ? undefined : SHORT
  const fixed = await file.view(entry.offset, LOCAL_SIZE, ahead)
  if (fixed.readUInt32LE(0) !== LOCAL) throw refuseEntry(entry, 'does not begin where the directory says')
  const nameEnd = LOCAL_SIZE + fixed.readUInt16LE(26)
  const length = nameEnd + fixed.readUInt16LE(28)
  const header = await file.view(entry.offset, length, ahead)
  const name = header.subarray(LOCAL_SIZE, nameEnd)
  const differs = (what: string) => refuseEntry(entry, `has ${what} in its header than in the directory`)
  if (name.toString('latin1') !== entry.rawName) throw differs('another name')
  if ((header.readUInt16LE(6) & TELLING) !== (entry.flags & TELLING)) throw differs('other flags')
  if (header.readUInt16LE(8) !== entry.method) throw differs('another method')
  const extra = extraFields(header.subarray(nameEnd))
  if (extra === undefined) throw refuseEntry(entry, 'has an extra field that runs past its end')
  const unicode = unicodePath(name, extra)
  if (unicode !== undefined && unicode !== entry.name) {
    throw refuseEntry(entry, 'has another name in a Unicode path field', 'ENTRY_NAME')
  }
  const sizes = [header.readUInt32LE(22), header.readUInt32LE(18)]
  const problem = widen(sizes, extra)
  if (problem !== undefined) throw refuseEntry(entry, problem)
  // With a descriptor to come they may be known, or be 0.
  const later = (entry.flags & FLAG.descriptor) !== 0
  const same = (value: number | undefined, listed: number) => value === listed || (later && value === 0)
  if (!same(header.readUInt32LE(14), entry.crc)) throw differs('another checksum')
  if (!same(sizes[0], entry.size) || !same(sizes[1], entry.packed)) throw differs('other sizes')
  return entry.offset + length
}

/**
 * Checks that nothing lies between an entry's content and what comes behind it, other than the data descriptor that it
 * announced, with what the directory says: §4.3.9, with or without signature, with sizes of 32 or 64 bits.
 *
 * @param at end of the content
 * @param next where the next entry or the directory begins
 * @throws `ARCHIVE_INVALID`, `IO_FAILED`
 */
export async function checkGap(file: ArchiveFile, entry: DirectoryEntry, at: number, next: number): Promise<void> {
  if (at > next) throw refuseEntry(entry, 'overlaps with what comes behind it')
  const length = next - at
  if ((entry.flags & FLAG.descriptor) === 0) {
    if (length > 0) throw refuseEntry(entry, 'is followed by bytes that belong to nothing')
    return
  }
  const form = length === 12 || length === 16 || length === 20 || length === 24
  const bytes = form ? await file.view(at, length) : undefined
  if (bytes === undefined || !agrees(bytes, entry)) {
    throw refuseEntry(entry, 'is not followed by the data descriptor that fits it')
  }
}

function agrees(bytes: Buffer, entry: DirectoryEntry): boolean {
  const signed = bytes.length % 8 === 0
  if (signed && bytes.readUInt32LE(0) !== DESCRIPTOR) return false
  const fields = signed ? bytes.subarray(4) : bytes
  const wide = fields.length === 20
  const [packed, size] = wide
    ? [Number(fields.readBigUInt64LE(4)), Number(fields.readBigUInt64LE(12))]
    : [fields.readUInt32LE(4), fields.readUInt32LE(8)]
  return fields.readUInt32LE(0) === entry.crc && packed === entry.packed && size === entry.size
}
