import type { Chunks } from '../bytes.js'
import type { FoundEntries, FoundEntry } from '../entries.js'
import { limitError } from '../limits.js'
import type { ExtractLimits } from '../types.js'
import { kindOf } from './entry-kind.js'
import { Extensions, isExtension } from './extensions.js'
import { ArchiveFlaw, Flaw, type FlawPlace, flawError } from './flaw.js'
import { Gathering } from './gathering.js'
import { Header, isZeros, mayBeHeader } from './header.js'
import { BLOCK, padding, TYPE } from './layout.js'
import { TarInput } from './tar-input.js'

/**
 * The entries of a tar archive: v7, ustar, GNU and pax. What is malformed where it matters, and what readers are known to
 * take differently, is refused; names, clashes, link targets and sums are left to be judged. Owners, times and attributes
 * are not looked at.
 *
 * The archive ends at the first block of zeros, and nothing but zeros may follow, at most 64 MiB of them (programs fill
 * up to 20 blocks, tapes some megabytes), so that a pipe that gives nothing else comes to an end. An archive
 * without such a block is refused, be its last entry complete: it may have been cut short there, and every tar program
 * writes one.
 *
 * An entry's content need not be read: what is left of it is passed over.
 *
 * @throws `ARCHIVE_INVALID`, `ENTRY_NAME` (not UTF-8, or text behind a NUL), `ENTRY_KIND`, `LIMIT_EXCEEDED` (an extension
 * header of more than `limits.header` bytes), and what `chunks` throws. `chunks` is closed then
 */
export function readTar(chunks: Chunks, limits: Pick<ExtractLimits, 'header'>): FoundEntries {
  return { [Symbol.asyncIterator]: () => new Reader(chunks, limits.header) }
}

const DONE: IteratorResult<never> = { done: true, value: undefined }
const NO_CONTENT: Chunks = { [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve(DONE) }) }

/**
 * Iterators by hand, since an async generator would put a queue and several turns of the event loop around each of a
 * hundred thousand small entries, of which hundreds lie in one chunk.
 */
class Reader implements AsyncIterator<FoundEntry> {
  readonly #input: TarInput
  readonly #limit: number
  readonly #extensions = new Extensions()
  /** The extension header whose content is being read. */
  #gathering: Gathering | undefined
  /** Bytes of the entry's content that nobody took yet. */
  #left = 0
  /** Bytes behind it that fill up its last block. */
  #padding = 0
  #body: Body | undefined
  #count = 0
  #ended = false
  /** Bytes behind the end. */
  #zeros = 0
  /** What is being read, for messages. */
  readonly #place: FlawPlace = { offset: 0, index: 0, name: undefined }

  constructor(chunks: Chunks, limit: number) {
    this.#input = new TarInput(chunks)
    this.#limit = limit
  }

  next(): Promise<IteratorResult<FoundEntry>> {
    this.#body = undefined
    try {
      const entry = this.#step()
      return entry === undefined ? this.#fetch() : Promise.resolve({ done: false, value: entry })
    } catch (error) {
      return this.#fail(error)
    }
  }

  async return(): Promise<IteratorResult<FoundEntry>> {
    this.#body = undefined
    await this.#input.close()
    return DONE
  }

  /** More of a body's content; where none is at hand, it has to be waited for. */
  piece(body: Body): Promise<IteratorResult<Uint8Array>> {
    if (this.#body !== body || this.#left === 0) return Promise.resolve(DONE)
    const piece = this.#input.piece(this.#left)
    if (piece.length === 0) return this.#fetchPiece(body)
    this.#left -= piece.length
    return Promise.resolve({ done: false, value: piece })
  }

  async #fetchPiece(body: Body): Promise<IteratorResult<Uint8Array>> {
    if (!(await this.#input.more())) return this.#fail(this.#cutShort())
    return this.piece(body)
  }

  async #fetch(): Promise<IteratorResult<FoundEntry>> {
    while (await this.#input.more()) {
      try {
        const entry = this.#step()
        if (entry !== undefined) return { done: false, value: entry }
      } catch (error) {
        return this.#fail(error)
      }
    }
    return this.#ended ? DONE : this.#fail(this.#cutShort())
  }

  async #fail(error: unknown): Promise<never> {
    // The error that is thrown is the one that came first.
    await this.#input.close().catch(() => undefined)
    if (!(error instanceof Flaw)) throw error
    throw flawError(error, this.#place)
  }

  /** Goes on as far as the bytes at hand allow. @returns the next entry, or undefined when they don't suffice */
  #step(): FoundEntry | undefined {
    const input = this.#input
    for (;;) {
      if (this.#ended) return this.#checkZeros()
      this.#left -= input.skip(this.#left)
      if (this.#left > 0) return undefined
      if (this.#gathering !== undefined && !this.#gather(this.#gathering)) return undefined
      this.#padding -= input.skip(this.#padding)
      if (this.#padding > 0 || !input.block()) return undefined
      const entry = this.#block()
      if (entry !== undefined) return entry
    }
  }

  /** A block that begins something: an entry, an extension or the end. */
  #block(): FoundEntry | undefined {
    const { bytes, at } = this.#input
    this.#place.offset = this.#input.offset - BLOCK
    this.#place.index = this.#count
    this.#place.name = undefined
    if (isZeros(bytes, at)) {
      if (this.#extensions.pending)
        throw new ArchiveFlaw('The tar archive ends after an extension header, whose entry is missing')
      this.#ended = true
      return undefined
    }
    if (this.#place.offset === 0 && !mayBeHeader(bytes, at)) throw new ArchiveFlaw('This is no tar archive')
    const header = new Header(bytes, at)
    this.#padding = padding(header.size)
    if (isExtension(header.type)) return this.#begin(header)
    return this.#entry(header)
  }

  #begin({ type, size }: Header): undefined {
    this.#extensions.expect(type)
    if (size > this.#limit) {
      const what = `Entry ${this.#place.index} of the tar archive has an extension header of ${size} bytes`
      throw limitError('header', this.#limit, `${what}, more than the limit allows`)
    }
    this.#gathering = new Gathering(type, size)
  }

  /** Gathers an extension's content. @returns whether it is complete */
  #gather(gathering: Gathering): boolean {
    const content = gathering.add(this.#input.piece(gathering.left))
    if (content === undefined) return false
    this.#gathering = undefined
    this.#extensions.take(gathering.type, content)
    return true
  }

  #entry(header: Header): FoundEntry | undefined {
    const extensions = this.#extensions
    const name = extensions.name ?? header.name()
    this.#place.name = name
    if (header.type === TYPE.label) return this.#skipLabel(header.size)
    const { kind, size } = kindOf(header, name, extensions)
    this.#left = size
    this.#padding = padding(size)
    this.#body = size === 0 ? undefined : new Body(this)
    const { executable } = header
    const entry: FoundEntry = { index: this.#count++, name, kind, executable, body: this.#body ?? NO_CONTENT }
    if (kind === 'file') entry.size = size
    if (kind === 'link' || kind === 'hardlink') entry.target = extensions.link ?? header.link()
    extensions.clear()
    return entry
  }

  /** The name of the archive is of no use here. */
  #skipLabel(size: number): undefined {
    this.#extensions.expect(TYPE.label)
    this.#left = size
  }

  #checkZeros(): undefined {
    for (;;) {
      const piece = this.#input.piece(ZEROS.length)
      if (piece.length === 0) return
      this.#zeros += piece.length
      if (this.#zeros > MOST_ZEROS) throw new ArchiveFlaw('The tar archive goes on behind its end, with zeros only')
      if (ZEROS.compare(piece, 0, piece.length, 0, piece.length) !== 0) {
        throw new ArchiveFlaw(
          'The tar archive goes on behind its end, with another archive or what does not belong there',
        )
      }
    }
  }

  #cutShort(): Flaw {
    const input = this.#input
    if (this.#left > 0 || this.#padding > 0) return new Flaw('ARCHIVE_INVALID', CUT)
    if (this.#gathering !== undefined) return new Flaw('ARCHIVE_INVALID', CUT)
    if (input.offset < BLOCK) return new ArchiveFlaw(`This is no tar archive: it has ${input.offset} bytes`)
    if (input.splitLength > 0) return new ArchiveFlaw('The tar archive ends within a header: it was cut short')
    return new ArchiveFlaw('The tar archive ends without the zeros that mark its end: it may have been cut short')
  }
}

const ZEROS = Buffer.alloc(64 * 1024)
const MOST_ZEROS = 64 * 2 ** 20

const CUT = 'is cut short: the archive ends before its content does'

/** The content of an entry, as long as it is the current one. */
class Body implements Chunks {
  readonly #reader: Reader

  constructor(reader: Reader) {
    this.#reader = reader
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return { next: () => this.#reader.piece(this) }
  }
}
