import { BentoError } from '../core/errors.js'
import type { OpenInput } from './input.js'
import { looksLike } from './looks-like.js'
import type { ArchiveFormat } from './types.js'

/** What content can be found to be. */
export type FoundFormat = Extract<ArchiveFormat, 'xz' | 'gz' | 'bz2' | 'tar' | 'zip' | 'folder'>

/** Bytes of a tar header; other formats tell themselves by fewer. */
const BLOCK = 512

/** How messages call what was found. */
const NAMES: Readonly<Record<FoundFormat, string>> = {
  xz: 'xz',
  gz: 'gzip',
  bz2: 'bzip2',
  tar: 'tar',
  zip: 'zip',
  folder: 'a folder',
}

const MAGIC: readonly (readonly [string, FoundFormat])[] = [
  ['\xfd7zXZ\0', 'xz'],
  ['\x1f\x8b', 'gz'],
  // A file, the end of an empty archive, a part of a split one.
  ['PK\x03\x04', 'zip'],
  ['PK\x05\x06', 'zip'],
  ['PK\x07\x08', 'zip'],
]
/** A block of data, or the end of the stream. */
const BZIP2 = ['1AY&SY', '\x17rE8P\x90']

/**
 * The format of an archive by its first bytes, whatever its name says.
 *
 * @param named the format that the user named, which must agree
 * @throws `ARCHIVE_INVALID` saying what it looks like; `FORMAT_UNKNOWN` where it is not of the named format
 */
export async function detectFormat(
  input: Pick<OpenInput, 'kind' | 'name' | 'head'>,
  named?: ArchiveFormat,
): Promise<FoundFormat> {
  const head = await input.head(BLOCK)
  const found = input.kind === 'folder' ? 'folder' : formatOf(head)
  const looks = found === undefined ? looksLike(head) : NAMES[found]
  const wanted = named === undefined ? undefined : contentOf(named)
  if (wanted !== undefined && wanted !== found) {
    const format = named === wanted ? NAMES[wanted] : `${named} (${NAMES[wanted]})`
    throw new BentoError('FORMAT_UNKNOWN', `${input.name} is not ${format}: it is ${looks}.`, {
      hint: found === undefined ? 'Is it the file you mean?' : 'Name that format, or none.',
      details: { named, found },
    })
  }
  if (found !== undefined) return found
  throw new BentoError('ARCHIVE_INVALID', `${input.name} is no archive: it is ${looks}.`, {
    hint: 'Archives are tar (plain, or in xz, gzip or bzip2) and zip. Is it the file you mean?',
  })
}

/** What the content of a format is. */
function contentOf(format: ArchiveFormat): FoundFormat {
  return format === 'bentomodel' || format === 'bento' ? 'xz' : format
}

function formatOf(head: Uint8Array): FoundFormat | undefined {
  const text = Buffer.from(head.buffer, head.byteOffset, Math.min(head.length, 16)).toString('latin1')
  const [, found] = MAGIC.find(([magic]) => text.startsWith(magic)) ?? []
  if (found !== undefined) return found
  // A level stands between the two parts of bzip2's.
  if (/^BZh[1-9]/.test(text) && BZIP2.some(magic => text.startsWith(magic, 4))) return 'bz2'
  return isTarHeader(head) ? 'tar' : undefined
}

/** A block whose checksum is right, or (in a tar without entries) one of zeros. POSIX.1 pax, "ustar Interchange Format". */
function isTarHeader(block: Uint8Array): boolean {
  if (block.length < BLOCK) return false
  if (block.every(byte => byte === 0)) return true
  const field = Buffer.from(block.subarray(148, 156)).toString('latin1')
  const octal = /^[ ]*([0-7]+)[ \0]*$/.exec(field)?.[1]
  if (octal === undefined) return false
  let unsigned = 0
  // Old writers took the bytes for signed.
  let signed = 0
  for (const [index, byte] of block.subarray(0, BLOCK).entries()) {
    const counted = index >= 148 && index < 156 ? 0x20 : byte
    unsigned += counted
    signed += counted > 127 ? counted - 256 : counted
  }
  const sum = Number.parseInt(octal, 8)
  return sum === unsigned || sum === signed
}
