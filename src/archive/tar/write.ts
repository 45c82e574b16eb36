import { BentoError } from '../../core/errors.js'
import { FILES_AT_ONCE, forEachLimit } from '../../files/pool.js'
import type { ByteSource } from '../bytes.js'
import type { PackEntry } from '../entries.js'
import { EntryHeaders, headersSize } from './entry-headers.js'
import { FileContent } from './file-content.js'
import { BLOCK, padding, RECORD, USTAR_MAX } from './layout.js'

/** How {@link tarSource} writes. */
export interface TarOptions {
  /** Time of every entry: whole seconds since 1970, from 0 to 8^11 - 1. */
  mtime: number
}

/** A tar archive to be read. */
export interface TarSource extends ByteSource {
  /** Bytes of the whole archive. */
  readonly size: number
  /** Waits for what is being read, and closes what is open. To be called whether the archive was read to its end or not. */
  close(): Promise<void>
}

/** The folder that all is in: the first entry of BentoML's archives, too. */
const ROOT: PackEntry = { kind: 'dir', path: '' }

/** Two blocks of zeros end an archive. */
const END = 2 * BLOCK

/**
 * A tar archive of `entries`, made as it is read: contents go from the file straight into the reader's buffer. Those
 * that fit into it whole are read several at once, so that many small ones don't take turns.
 *
 * The format is POSIX pax: ustar headers, with pax records only where those can't hold a name or size. Same entries, same
 * bytes, whatever the buffers.
 *
 * Reading throws `SOURCE_CHANGED` for a file that has not as many bytes as its entry says, and what opening and reading
 * it throw.
 *
 * @param entries sorted, as {@link PackEntry} has it
 * @throws `OPTION_INVALID` for a time that the format cannot hold
 */
export function tarSource(entries: readonly PackEntry[], options: TarOptions): TarSource {
  const { mtime } = options
  if (!Number.isInteger(mtime) || mtime < 0 || mtime > USTAR_MAX) {
    throw new BentoError('OPTION_INVALID', `A tar archive cannot hold the time ${mtime}.`, {
      hint: 'Give whole seconds since 1970, none of them before.',
    })
  }
  return new Packer(entries, mtime)
}

/** A piece of a file's content, and where it goes. */
interface Piece {
  content: FileContent
  into: Uint8Array
}

class Packer implements TarSource {
  readonly size: number
  readonly #entries: readonly PackEntry[]
  readonly #headersOf: EntryHeaders
  /** Bytes of zeros behind the last entry. */
  readonly #end: number
  /** Index of the entry that comes next; the root is -1. */
  #next = -1
  #headers: Buffer = Buffer.alloc(0)
  /** The content that is to be given out, or the rest of it. */
  #content: FileContent | undefined
  #zeros = 0
  #reading: Promise<number> = Promise.resolve(0)
  #failure: { reason: unknown } | undefined

  constructor(entries: readonly PackEntry[], mtime: number) {
    this.#entries = entries
    this.#headersOf = new EntryHeaders(mtime)
    let size = headersSize(ROOT)
    for (const entry of entries) {
      size += headersSize(entry)
      if (entry.kind === 'file') size += entry.size + padding(entry.size)
    }
    this.size = Math.ceil((size + END) / RECORD) * RECORD
    this.#end = this.size - size
  }

  read(into: Uint8Array): Promise<number> {
    this.#reading = this.#fill(into)
    return this.#reading
  }

  async close(): Promise<void> {
    await this.#reading.catch(() => undefined)
    await this.#content?.close()
    this.#content = undefined
  }

  async #fill(into: Uint8Array): Promise<number> {
    if (this.#failure !== undefined) throw this.#failure.reason
    const pieces: Piece[] = []
    const filled = this.#layOut(into, pieces)
    try {
      if (pieces.length === 1) await fill(pieces[0] as Piece)
      else await forEachLimit(pieces, FILES_AT_ONCE, fill)
    } catch (error) {
      this.#failure = { reason: error }
      throw error
    }
    return filled
  }

  /** Writes headers and zeros, and says which contents go where in between. */
  #layOut(into: Uint8Array, pieces: Piece[]): number {
    let at = 0
    while (at < into.length) {
      const room = into.length - at
      if (this.#headers.length > 0) {
        const count = Math.min(room, this.#headers.length)
        into.set(this.#headers.subarray(0, count), at)
        this.#headers = this.#headers.subarray(count)
        at += count
      } else if (this.#content !== undefined) {
        const count = Math.min(room, this.#content.left)
        this.#content.left -= count
        pieces.push({ content: this.#content, into: into.subarray(at, at + count) })
        at += count
        if (this.#content.left === 0) this.#content = undefined
      } else if (this.#zeros > 0) {
        const count = Math.min(room, this.#zeros)
        into.fill(0, at, at + count)
        this.#zeros -= count
        at += count
      } else if (!this.#advance()) {
        break
      }
    }
    return at
  }

  /** Goes on to the next entry, or from the last to the zeros at the end. */
  #advance(): boolean {
    if (this.#next > this.#entries.length) return false
    const entry = this.#next === -1 ? ROOT : this.#entries[this.#next]
    this.#next += 1
    if (entry === undefined) {
      this.#zeros = this.#end
      return true
    }
    this.#headers = this.#headersOf.of(entry)
    if (entry.kind === 'file') {
      this.#content = new FileContent(entry)
      this.#zeros = padding(entry.size)
    }
    return true
  }
}

function fill({ content, into }: Piece): Promise<void> {
  return content.read(into)
}
