import { crc32 } from 'node:zlib'
import type { BentoError } from '../../core/errors.js'
import type { Chunks } from '../bytes.js'
import type { ExtractLimits } from '../types.js'
import { type BlockHeader, blockHeaderLength, parseBlockHeader } from './block-header.js'
import type { ByteReader } from './byte-reader.js'
import {
  CHECK_SIZES,
  CRC32,
  indexEnd,
  indexRecord,
  indexStart,
  LZMA2,
  NO_CHECK,
  paddingAfter,
  STREAM_HEADER,
  streamFooter,
  streamHeader,
} from './container.js'
import { dictionaryError, xzError } from './errors.js'
import { CHUNK, CHUNK_HEADER, END, FIRST, NEXT, storedSize } from './stored.js'
import { equal, Tally } from './tally.js'

/** Bytes that are given at once. */
const PORTION = 1024 * 1024
/** Compressed blocks that become one stream for the decoder: their index is held in memory. */
const MOST_IN_STREAM = 1024

/** A block header with both sizes, as {@link StreamReader} needs them. */
type SizedHeader = BlockHeader & { compressed: number; uncompressed: number }

/** Whether a stream with such a check and a block that begins so is of the kind that {@link StreamReader} reads. */
export function isReadable(check: number, header: BlockHeader): header is SizedHeader {
  const checked = check === CRC32 || check === NO_CHECK
  return checked && header.compressed !== undefined && header.uncompressed !== undefined
}

/**
 * Reads a stream whose blocks tell their sizes, as those made here do: the container and what is stored by itself, runs of
 * compressed blocks by a decoder. Strict: whatever the format says must be so (§2 to §4) is looked at.
 */
export class StreamReader {
  readonly #reader: ByteReader
  readonly #name: string
  readonly #decode: (xz: Chunks) => Chunks
  readonly #tally = new Tally()
  readonly #limits: ExtractLimits
  #check = NO_CHECK
  /** What stored data is given in; one for all blocks. */
  #portion = Buffer.alloc(0)
  /** Header of the block that comes next; undefined when there is none left. */
  #header: SizedHeader | undefined

  /**
   * @param name of the archive, for messages
   * @param decode a decoder of whole xz files
   */
  constructor(reader: ByteReader, name: string, limits: ExtractLimits, decode: (xz: Chunks) => Chunks) {
    this.#reader = reader
    this.#name = name
    this.#limits = limits
    this.#decode = decode
  }

  /** The data of the stream that begins here; afterwards the reader is at what follows its footer. */
  async *data(): Chunks {
    this.#check = (await this.#exactly(STREAM_HEADER))[7] ?? NO_CHECK
    await this.#nextHeader()
    while (this.#header !== undefined) {
      if (this.#isStored(this.#header)) {
        yield* this.#stored(this.#header)
        await this.#nextHeader()
      } else {
        yield* this.#decode(this.#compressedRun())
      }
    }
    const indexSize = await this.#tally.readIndex(this.#reader)
    if (indexSize === undefined) throw await this.#cutOrCorrupt()
    if (!equal(await this.#exactly(STREAM_HEADER), streamFooter(this.#check, indexSize))) throw this.#corrupt()
  }

  async #nextHeader(): Promise<void> {
    const [first] = await this.#reader.ahead()
    if (first === undefined) throw xzError(this.#name, 'truncated')
    this.#header = undefined
    // What begins with a zero is the index.
    if (first === 0) return
    const header = parseBlockHeader(await this.#exactly(blockHeaderLength(first)))
    if (header === undefined) throw this.#corrupt()
    if (header === 'unsupported') throw xzError(this.#name, 'unsupported')
    const { dictionary = 0 } = header
    if (dictionary > this.#limits.memory) throw dictionaryError(this.#name, dictionary, this.#limits.memory)
    if (!isReadable(this.#check, header)) throw xzError(this.#name, 'mixed')
    this.#tally.add(header.bytes.length + header.compressed + this.#checkSize, header.uncompressed)
    this.#header = header
  }

  get #checkSize(): number {
    return CHECK_SIZES[this.#check] ?? 0
  }

  /** Whether the sizes are those of a block of full stored chunks: data that was compressed can't be of that size. */
  #isStored({ filters, compressed, uncompressed }: SizedHeader): boolean {
    return filters.length === 1 && filters[0] === LZMA2 && compressed === storedSize(uncompressed)
  }

  /** A stored block, in portions that are easily written; reading goes on in the buffer once they are used. */
  async *#stored({ compressed, uncompressed }: SizedHeader): Chunks {
    const size = Math.min(PORTION, uncompressed)
    if (this.#portion.length < size) this.#portion = Buffer.allocUnsafeSlow(size)
    const portion = this.#portion
    let filled = 0
    let sum = 0
    for (let left = uncompressed; left > 0; ) {
      const length = Math.min(CHUNK, left)
      await this.#chunkHeader(left === uncompressed ? FIRST : NEXT, length)
      await this.#fill(portion.subarray(filled, filled + length))
      filled += length
      left -= length
      if (left > 0 && filled + Math.min(CHUNK, left) <= portion.length) continue
      const full = portion.subarray(0, filled)
      sum = crc32(full, sum)
      filled = 0
      yield full
    }
    const padding = paddingAfter(compressed)
    const end = Buffer.alloc(1 + padding + this.#checkSize)
    end[0] = END
    if (this.#check === CRC32) end.writeUInt32LE(sum, 1 + padding)
    if (!equal(await this.#exactly(end.length), end)) throw this.#corrupt()
  }

  async #chunkHeader(control: number, length: number): Promise<void> {
    const [kind = 0, high = 0, low = 0] = await this.#exactly(CHUNK_HEADER)
    if (kind >= 0x80) throw xzError(this.#name, 'mixed')
    if (kind !== control || (high << 8) + low + 1 !== length) throw this.#corrupt()
  }

  async #fill(into: Uint8Array): Promise<void> {
    for (let filled = 0; filled < into.length; ) {
      const part = await this.#reader.some(into.length - filled)
      if (part.length === 0) throw xzError(this.#name, 'truncated')
      into.set(part, filled)
      filled += part.length
    }
  }

  /** The compressed blocks from here on, up to the first that isn't, as an xz file of its own. */
  async *#compressedRun(): Chunks {
    let records: number[][] = []
    yield streamHeader(this.#check)
    while (this.#header !== undefined && !this.#isStored(this.#header)) {
      const { bytes, compressed, uncompressed } = this.#header
      if (records.length === MOST_IN_STREAM) {
        yield* runEnd(this.#check, records)
        yield streamHeader(this.#check)
        records = []
      }
      records.push(indexRecord(bytes.length + compressed + this.#checkSize, uncompressed))
      yield bytes
      for (let left = compressed + paddingAfter(compressed) + this.#checkSize; left > 0; ) {
        const part = await this.#reader.some(left)
        if (part.length === 0) throw xzError(this.#name, 'truncated')
        left -= part.length
        yield part
      }
      await this.#nextHeader()
    }
    yield* runEnd(this.#check, records)
  }

  async #exactly(length: number): Promise<Uint8Array> {
    const found = await this.#reader.upTo(length)
    if (found.length < length) throw xzError(this.#name, 'truncated')
    return found
  }

  #corrupt(): BentoError {
    return xzError(this.#name, 'corrupt')
  }

  async #cutOrCorrupt(): Promise<BentoError> {
    const ahead = await this.#reader.ahead()
    return xzError(this.#name, ahead.length === 0 ? 'truncated' : 'corrupt')
  }
}

function* runEnd(check: number, records: number[][]): Generator<Uint8Array> {
  const index = Uint8Array.from([indexStart(records.length), ...records].flat())
  const end = indexEnd(index.length, crc32(index))
  yield index
  yield end
  yield streamFooter(check, index.length + end.length)
}
