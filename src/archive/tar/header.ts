import { Flaw } from './flaw.js'
import { checksum } from './header-bytes.js'
import { BLOCK, FIELD, type Field } from './layout.js'
import { readText } from './names.js'
import { readNumber } from './numbers.js'

type Dialect = 'ustar' | 'gnu' | 'v7'

/** How a header says by what rules it is made. Before POSIX there was nothing there. */
const DIALECTS: Readonly<Record<string, Dialect>> = {
  'ustar\0': 'ustar',
  'ustar ': 'gnu',
  '\0\0\0\0\0\0': 'v7',
}
const DIALECT_BYTES = 6

/** The prefix where star keeps times in its last bytes; the byte before those is NUL then. */
const STAR_PREFIX: Field = { at: FIELD.prefix.at, length: 131 }
/** Where GNU tar keeps the first of several times, in place of the prefix. */
const GNU_TIME: Field = { at: FIELD.prefix.at, length: 12 }

const SLASH = 0x2f
const OWNER_MAY_EXECUTE = 0o100

/**
 * The header in a block. Owners, times and devices are not looked at, since nothing of them is kept; names are read only
 * when they are asked for, since extension headers often replace them.
 */
export class Header {
  /** The character of the type field. */
  readonly type: string
  /** Bytes of content. */
  readonly size: number
  readonly executable: boolean
  readonly #bytes: Buffer
  readonly #at: number
  readonly #dialect: Dialect

  /**
   * Reads the block of `bytes` that begins at `at`.
   *
   * @throws {Flaw} `ARCHIVE_INVALID`: a wrong checksum, an unknown magic, a size or mode that is no number
   */
  constructor(bytes: Buffer, at: number) {
    if (!hasChecksum(bytes, at)) throw new Flaw('ARCHIVE_INVALID', 'has a wrong checksum')
    const dialect = dialectOf(bytes, at)
    if (dialect === undefined) throw new Flaw('ARCHIVE_INVALID', 'is of no known kind of tar')
    const size = readNumber(bytes, at, FIELD.size)
    if (size === undefined) throw new Flaw('ARCHIVE_INVALID', 'has a size that is no number from 0 to 2^53 - 1')
    const mode = readNumber(bytes, at, FIELD.mode)
    if (mode === undefined) throw new Flaw('ARCHIVE_INVALID', 'has a mode that is no number')
    this.type = String.fromCharCode(bytes[at + FIELD.type.at] as number)
    this.size = size
    this.executable = (mode & OWNER_MAY_EXECUTE) !== 0
    this.#bytes = bytes
    this.#at = at
    this.#dialect = dialect
  }

  /** The name in this header, of both its parts. @throws {Flaw} `ENTRY_NAME` */
  name(): string {
    const prefix = this.#prefix()
    const name = readText(this.#bytes, this.#at + FIELD.name.at, FIELD.name.length, 'name')
    return prefix === '' ? name : `${prefix}/${name}`
  }

  /** What a link points at. @throws {Flaw} `ENTRY_NAME` */
  link(): string {
    return readText(this.#bytes, this.#at + FIELD.link.at, FIELD.link.length, 'link target')
  }

  /** Whether the name field (not what may replace it) ends as folders of old archives do. */
  endsInSlash(): boolean {
    const field = this.#bytes.subarray(this.#at, this.#at + FIELD.name.length)
    const end = field.indexOf(0)
    return field[(end === -1 ? field.length : end) - 1] === SLASH
  }

  #prefix(): string {
    const at = this.#at
    if (this.#dialect === 'v7') {
      if (this.#bytes[at + FIELD.prefix.at] === 0) return ''
      throw new Flaw('ARCHIVE_INVALID', 'has a prefix, though it is older than those, which readers take differently')
    }
    // Else it is text: Go before 1.8 wrote a prefix into GNU headers, and Go and Python read it so.
    if (this.#dialect === 'gnu' && readNumber(this.#bytes, at, GNU_TIME) !== undefined) return ''
    const isStar = this.#bytes[at + STAR_PREFIX.at + STAR_PREFIX.length - 1] === 0
    const field = isStar ? STAR_PREFIX : FIELD.prefix
    return readText(this.#bytes, at + field.at, field.length, 'name')
  }
}

/** Whether the block is one of zeros, as they stand at the end. */
export function isZeros(bytes: Buffer, at: number): boolean {
  return bytes[at] === 0 && ZEROS.compare(bytes, at, at + BLOCK) === 0
}

const ZEROS = Buffer.alloc(BLOCK)

/** Whether the block may be a header at all: it has the magic of POSIX or GNU, or (there was none before) the right checksum. */
export function mayBeHeader(bytes: Buffer, at: number): boolean {
  const dialect = dialectOf(bytes, at)
  return dialect === 'ustar' || dialect === 'gnu' || hasChecksum(bytes, at)
}

/** The sum of unsigned bytes. Some writers of the eighties summed signed ones, which differs for names beyond ASCII. */
function hasChecksum(bytes: Buffer, at: number): boolean {
  return readNumber(bytes, at, FIELD.checksum) === checksum(bytes, at)
}

function dialectOf(bytes: Buffer, at: number): Dialect | undefined {
  return DIALECTS[bytes.toString('latin1', at + FIELD.magic.at, at + FIELD.magic.at + DIALECT_BYTES)]
}
