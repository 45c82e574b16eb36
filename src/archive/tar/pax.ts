import { Flaw } from './flaw.js'
import { decodeUtf8 } from './names.js'

/** Of the records of a pax header, those that bear on what an entry is. */
export interface PaxRecords {
  path?: string
  linkpath?: string
  /** Bytes. */
  size?: number
}

const OWN = new Set(['path', 'linkpath', 'size'])

/** Records that say that the content is not the file as it was: sparse files of GNU tar, star and Solaris, parts of volumes. */
const OTHER_CONTENT: readonly (readonly [RegExp, string])[] = [
  [/^GNU\.sparse\.|^SCHILY\.realsize$|^SUN\.holesdata$/, 'is a sparse file'],
  [/^GNU\.volume\./, 'is a part of a file that is split between volumes'],
  [/^GNU\.dumpdir$/, 'is a folder of an incremental backup'],
]

const NEWLINE = 0x0a
const EQUALS = 0x3d
/** More digits than the length of any record has that could be read. */
const LENGTH_DIGITS = 16

/**
 * Reads the content of a pax header strictly: records `<length> <key>=<value>\n` from its first byte to its last (POSIX
 * pax, "pax Extended Header"). Keys that matter not are checked for their form only: times, owners and attributes are not
 * kept.
 *
 * @param global of all entries that follow; it must not say what concerns one
 * @throws {Flaw} `ARCHIVE_INVALID`, `ENTRY_NAME`, `ENTRY_KIND`
 */
export function readPax(bytes: Buffer, global: boolean): PaxRecords {
  const records: PaxRecords = {}
  for (let at = 0; at < bytes.length; ) {
    const { keyAt, end } = recordAt(bytes, at)
    const equals = bytes.subarray(keyAt, end).indexOf(EQUALS)
    if (equals < 1) throw malformed('without a key')
    const key = bytes.subarray(keyAt, keyAt + equals)
    if (key.includes(0)) throw malformed('with a NUL in its key')
    take(records, key.toString('latin1'), bytes.subarray(keyAt + equals + 1, end - 1), global)
    at = end
  }
  return records
}

/** Where the key of the record begins, and where the record ends. */
function recordAt(bytes: Buffer, at: number): { keyAt: number; end: number } {
  const digits = /^[1-9]\d*(?= )/.exec(bytes.toString('latin1', at, at + LENGTH_DIGITS))?.[0]
  if (digits === undefined) throw malformed('without its length')
  const keyAt = at + digits.length + 1
  const end = at + Number(digits)
  if (end > bytes.length) throw malformed('longer than what is there')
  if (end <= keyAt || bytes[end - 1] !== NEWLINE) throw malformed('that does not end where it says')
  return { keyAt, end }
}

function take(records: PaxRecords, key: string, value: Buffer, global: boolean): void {
  const [, otherContent] = OTHER_CONTENT.find(([pattern]) => pattern.test(key)) ?? []
  if (otherContent !== undefined) throw new Flaw('ENTRY_KIND', `${otherContent} (pax record "${key}")`)
  if (!OWN.has(key)) return
  if (global)
    throw new Flaw('ARCHIVE_INVALID', `sets "${key}" for all entries that follow, which readers take differently`)
  if (key in records) throw malformed(`"${key}", twice`)
  // By POSIX it takes back what was set; some readers take it for an empty name.
  if (value.length === 0) throw malformed(`"${key}" without a value`)
  if (key === 'size') {
    records.size = readSize(value)
  } else {
    const what = key === 'path' ? 'name' : 'link target'
    if (value.includes(0)) throw new Flaw('ENTRY_NAME', `has a ${what} with a NUL`)
    records[key as 'path' | 'linkpath'] = decodeUtf8(value, what)
  }
}

function readSize(value: Buffer): number {
  const text = value.toString('latin1')
  const size = /^\d{1,16}$/.test(text) ? Number(text) : Number.POSITIVE_INFINITY
  if (!Number.isSafeInteger(size)) throw malformed('"size", that is no number from 0 to 2^53 - 1')
  return size
}

function malformed(how: string): Flaw {
  return new Flaw('ARCHIVE_INVALID', `has a pax record ${how}`)
}
