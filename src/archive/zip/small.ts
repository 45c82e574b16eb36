import { promisify } from 'node:util'
import { crc32, deflateRaw, deflateRawSync } from 'node:zlib'
import { BentoError } from '../../core/errors.js'
import { readFull } from '../bytes.js'
import { DEFLATE_PIECE, deflateLevel } from '../deflate.js'
import type { PackEntry, PackFile } from '../entries.js'
import { shrinks } from '../sample.js'
import type { PackLevel } from '../types.js'
import { DEFLATED, DOS_FOLDER, FULL16, MODE, STORED } from './format.js'
import type { PackedEntry } from './outlet.js'
import { type Header, localHeader } from './records.js'
import { entryInQuotes } from './refuse.js'

/** Bytes up to which a file is packed as a whole, in memory. Fixed: it decides over the bytes of an archive. */
export const SMALL_FILE: number = DEFLATE_PIECE

/** MS-DOS time and date of all entries. */
export type Stamp = Pick<Header, 'time' | 'date'>

/** Bytes that are compressed sooner than a sample of them tells, and than a thread is asked to. */
const LITTLE = 16 * 1024

const deflate = promisify(deflateRaw)
const NOTHING = new Uint8Array()

/** Packs a folder, a link or a file of at most {@link SMALL_FILE} bytes. */
export async function packSmall(entry: PackEntry, stamp: Stamp, level: PackLevel): Promise<PackedEntry> {
  const content = await contentOf(entry)
  const packed = entry.kind === 'file' ? await compress(content, level) : undefined
  const stored = packed ?? content
  const header: Header = {
    ...describe(entry, stamp),
    method: packed === undefined ? STORED : DEFLATED,
    crc: crc32(content),
    packed: stored.length,
    size: content.length,
  }
  return { header, pieces: [localHeader(header), stored] }
}

/** What is known of an entry without its content. */
export function describe(entry: PackEntry, stamp: Stamp): Omit<Header, 'method' | 'crc' | 'packed' | 'size'> {
  const folder = entry.kind === 'dir'
  const name = Buffer.from(folder ? `${entry.path}/` : entry.path)
  if (name.length > FULL16) {
    throw new BentoError('ENTRY_NAME', `The path ${entryInQuotes(entry.path)} is longer than a zip archive can hold.`)
  }
  const utf8 = name.some(byte => byte > 0x7f)
  return { name, utf8, ...stamp, attributes: attributesOf(entry), folder, streamed: false, large: false }
}

/** Info-ZIP's: a Unix mode above, MS-DOS's attributes below. */
function attributesOf(entry: PackEntry): number {
  if (entry.kind === 'dir') return unixMode(MODE.folder | 0o755) + DOS_FOLDER
  if (entry.kind === 'link') return unixMode(MODE.link | 0o777)
  return unixMode(MODE.file | (entry.executable ? 0o755 : 0o644))
}

function unixMode(mode: number): number {
  return mode * 0x10000
}

async function contentOf(entry: PackEntry): Promise<Uint8Array> {
  if (entry.kind === 'dir') return NOTHING
  if (entry.kind === 'link') return Buffer.from(entry.target)
  return readWhole(entry)
}

async function readWhole(file: PackFile): Promise<Uint8Array> {
  const opened = await file.open()
  try {
    // One byte more than there should be, so that one that has grown is not cut off silently.
    const content = Buffer.allocUnsafe(file.size + 1)
    const count = await readFull(opened, content)
    if (count !== file.size) throw changed(file)
    return content.subarray(0, count)
  } finally {
    await opened.close()
  }
}

/** A file is not as long as it was when it was listed. */
export function changed(file: PackFile): BentoError {
  return new BentoError('SOURCE_CHANGED', `The file ${entryInQuotes(file.path)} changed while it was being packed.`, {
    hint: 'Pack it again when nothing writes to it.',
  })
}

/** Undefined where the content is better stored. */
async function compress(content: Uint8Array, level: PackLevel): Promise<Uint8Array | undefined> {
  if (level === 0 || content.length === 0) return undefined
  // Of little, the sample would be the whole.
  if (level === 'fast' && content.length > LITTLE && !shrinks(content)) return undefined
  const options = { level: deflateLevel(level, 'zip'), chunkSize: Math.max(1024, content.length >> 1) }
  const packed = content.length <= LITTLE ? deflateRawSync(content, options) : await deflate(content, options)
  return packed.length < content.length ? packed : undefined
}
