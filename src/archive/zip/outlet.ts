import type { ByteSink } from '../bytes.js'
import { centralHeader, endRecords, type Header } from './records.js'

/** An entry ready to be written. */
export interface PackedEntry {
  header: Header
  /** Local header and content. */
  pieces: readonly Uint8Array[]
}

/** What is gathered before it goes to the sink: fifty thousand small files need not be as many writes. */
const BYTES = 1024 * 1024
const PIECES = 512
/** Bytes of the blocks that hold the directory. */
const BLOCK = 256 * 1024

/** The sink of an archive, with count of where it is, and the directory of what lies where. */
export class ZipOutlet implements ByteSink {
  readonly #sink: ByteSink
  readonly #onBytes: ((count: number) => void) | undefined
  readonly #directory = new Blocks()
  #entries = 0
  #gathered: Uint8Array[] = []
  #bytes = 0
  /** Bytes before what is added next. */
  offset = 0

  constructor(sink: ByteSink, onBytes?: (count: number) => void) {
    this.#sink = sink
    this.#onBytes = onBytes
  }

  /** Adds a whole entry. */
  async place({ header, pieces }: PackedEntry): Promise<void> {
    this.list(header, this.offset)
    await this.append(pieces)
    this.count(header.size)
  }

  /** Lists an entry in the directory. */
  list(header: Header, offset: number): void {
    this.#directory.add(centralHeader(header, offset))
    this.#entries += 1
  }

  /** Tells that so many more bytes of content have been packed. */
  count(content: number): void {
    if (content > 0) this.#onBytes?.(content)
  }

  /** Adds bytes, which must not change until {@link flush} or a later call has written them. */
  async append(pieces: readonly Uint8Array[]): Promise<void> {
    for (const piece of pieces) {
      if (piece.length === 0) continue
      this.#gathered.push(piece)
      this.#bytes += piece.length
      this.offset += piece.length
    }
    if (this.#bytes >= BYTES || this.#gathered.length >= PIECES) await this.flush()
  }

  /** Writes what has been added. */
  async flush(): Promise<void> {
    if (this.#gathered.length === 0) return
    const pieces = this.#gathered
    this.#gathered = []
    this.#bytes = 0
    await this.#sink.write(pieces)
  }

  /** Writes pieces of a large entry at once: they are the caller's again afterwards. Call {@link flush} before. */
  async write(pieces: readonly Uint8Array[]): Promise<void> {
    for (const piece of pieces) this.offset += piece.length
    await this.#sink.write(pieces)
  }

  /** Ends the archive with its directory. */
  async end(): Promise<void> {
    const start = this.offset
    for (const block of this.#directory.blocks()) await this.append([block])
    await this.append([endRecords(this.#entries, start, this.offset - start)])
    await this.flush()
  }
}

/** Bytes put one behind another. As many small buffers would take ten times their room, and keep others alive. */
class Blocks {
  readonly #full: Uint8Array[] = []
  #current = new Uint8Array(0)
  #used = 0

  add(bytes: Uint8Array): void {
    if (this.#used + bytes.length > this.#current.length) {
      this.#full.push(this.#current.subarray(0, this.#used))
      this.#current = new Uint8Array(Math.max(BLOCK, bytes.length))
      this.#used = 0
    }
    this.#current.set(bytes, this.#used)
    this.#used += bytes.length
  }

  blocks(): Uint8Array[] {
    return [...this.#full, this.#current.subarray(0, this.#used)]
  }
}
