import { limitError } from '../limits.js'
import type { ExtractLimits } from '../types.js'
import type { ArchiveFile } from './archive-file.js'
import { CENTRAL_SIZE, END, END_SIZE, END64, END64_SIZE, FULL16, FULL32, LOCATOR64, LOCATOR64_SIZE } from './format.js'
import { refuseArchive } from './refuse.js'

/** Where the central directory lies. */
export interface DirectorySpan {
  entries: number
  start: number
  end: number
}

interface EndFields {
  disk: number
  startDisk: number
  entriesHere: number
  entries: number
  length: number
  start: number
}

const SIGNATURE = Buffer.from([END & 255, (END >> 8) & 255, (END >> 16) & 255, END >> 24])

/**
 * Finds the end record, which must end with the file, and with it the one place where the central directory can lie:
 * directly before it. An archive in which another reader could find another directory is refused.
 *
 * @throws `ARCHIVE_INVALID`, `LIMIT_EXCEEDED`, `IO_FAILED`
 */
export async function findDirectory(file: ArchiveFile, limits: ExtractLimits): Promise<DirectorySpan> {
  const tail = await file.view(...lastBytes(file.size))
  const place = placeOfEnd(tail)
  const at = file.size - tail.length + place
  const classic = readEnd(tail.subarray(place))
  const locator = at < LOCATOR64_SIZE ? undefined : await file.view(at - LOCATOR64_SIZE, LOCATOR64_SIZE)
  if (locator?.readUInt32LE(0) === LOCATOR64) {
    return judge(await readZip64(file, locator, at - LOCATOR64_SIZE, classic), limits)
  }
  return judge({ ...classic, end: at }, limits)
}

function lastBytes(size: number): [at: number, length: number] {
  const length = Math.min(size, END_SIZE + FULL16)
  return [size - length, length]
}

function placeOfEnd(tail: Buffer): number {
  const place = tail.length < END_SIZE ? -1 : tail.lastIndexOf(SIGNATURE, tail.length - END_SIZE)
  if (place < 0) throw refuseArchive('has no end record: it is cut off, or no zip archive at all')
  if (!endsAtEnd(tail, place)) throw refuseArchive('has bytes behind its end record')
  for (let other = place; other > 0; ) {
    other = tail.lastIndexOf(SIGNATURE, other - 1)
    if (other < 0) break
    if (endsAtEnd(tail, other)) throw refuseArchive('has two end records, and readers differ in which they take')
  }
  return place
}

function endsAtEnd(tail: Buffer, place: number): boolean {
  return place + END_SIZE + tail.readUInt16LE(place + 20) === tail.length
}

function readEnd(record: Buffer): EndFields {
  return {
    disk: record.readUInt16LE(4),
    startDisk: record.readUInt16LE(6),
    entriesHere: record.readUInt16LE(8),
    entries: record.readUInt16LE(10),
    length: record.readUInt32LE(12),
    start: record.readUInt32LE(16),
  }
}

async function readZip64(
  file: ArchiveFile,
  locator: Buffer,
  locatorAt: number,
  classic: EndFields,
): Promise<EndFields & { end: number }> {
  const at = safe(locator.readBigUInt64LE(8))
  // Writers of 3MF say that there are no disks.
  if (locator.readUInt32LE(4) !== 0 || locator.readUInt32LE(16) > 1) throw severalDisks()
  if (at + END64_SIZE !== locatorAt)
    throw refuseArchive('has a zip64 end record that is not where it says, or holds more')
  const record = await file.view(at, END64_SIZE)
  if (record.readUInt32LE(0) !== END64 || safe(record.readBigUInt64LE(4)) !== END64_SIZE - 12) {
    throw refuseArchive('has a damaged zip64 end record')
  }
  const wide: EndFields = {
    disk: record.readUInt32LE(16),
    startDisk: record.readUInt32LE(20),
    entriesHere: safe(record.readBigUInt64LE(24)),
    entries: safe(record.readBigUInt64LE(32)),
    length: safe(record.readBigUInt64LE(40)),
    start: safe(record.readBigUInt64LE(48)),
  }
  const same = (key: keyof EndFields, full: number) => classic[key] === full || classic[key] === wide[key]
  const agree =
    (['disk', 'startDisk', 'entriesHere', 'entries'] as const).every(key => same(key, FULL16)) &&
    (['length', 'start'] as const).every(key => same(key, FULL32))
  if (!agree) throw refuseArchive('has two end records, zip64 and classic, that contradict each other')
  return { ...wide, end: at }
}

function judge(found: EndFields & { end: number }, limits: ExtractLimits): DirectorySpan {
  const { entries, start, length, end } = found
  if (found.disk !== 0 || found.startDisk !== 0 || found.entriesHere !== entries) throw severalDisks()
  if (start + length !== end) {
    throw refuseArchive(
      'has a directory whose place or length is wrong, or bytes before its beginning or its end record',
    )
  }
  if (entries === 0) throw refuseArchive('holds no entries')
  if (entries > limits.entries) {
    throw limitError('entries', limits.entries, `The zip archive holds ${entries} entries, more than the limit allows`)
  }
  if (entries * CENTRAL_SIZE > length) throw refuseArchive('says that it has more entries than its directory holds')
  return { entries, start, end }
}

function severalDisks() {
  return refuseArchive('is part of one that is split over several files, which cannot be read')
}

/** A number beyond what a file can be long fails the checks that follow, whatever is lost of it. */
function safe(value: bigint): number {
  return Number(value)
}
