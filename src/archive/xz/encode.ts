import { crc32 } from 'node:zlib'
import { BentoError } from '../../core/errors.js'
import type { ByteSink, ByteSource } from '../bytes.js'
import { orderedPieces } from '../pieces.js'
import { shrinks } from '../sample.js'
import type { PackLevel } from '../types.js'
import {
  blockHeader,
  CRC32,
  indexEnd,
  indexRecord,
  indexStart,
  paddingAfter,
  streamFooter,
  streamHeader,
} from './container.js'
import { type XzPlan, xzPlan } from './level.js'
import { compressBlock, type LzmaNative, type LzmaOptions, loadLzma } from './lzma.js'
import { storedPieces, storedSize } from './stored.js'

/** The dictionary that stored blocks declare: readers allocate it, and copy by it. */
const STORED_DICTIONARY = 64 * 1024

/**
 * A last block of fewer bytes is stored, where `fast` is asked for and other blocks come before: an archive ends in zeros,
 * for which alone a codec would have to be loaded.
 */
const LEAST_END = 64 * 1024

/** What became of the data. */
export interface XzReport {
  /** Bytes of data that would have shrunk, but are stored because `lzma-native` isn't installed. */
  missed: number
}

/**
 * Compresses into one xz stream (xz file format 1.2.1) of many blocks, whose headers tell their sizes, so that readers
 * can work on several of them together; some readers (Rust's `xz2`, Java's `SingleXZInputStream`) take only the first of
 * several streams, but all take several blocks. The check is CRC32, which every reader has and hardware does.
 *
 * `fast` stores blocks that hardly shrink, as LZMA2 can, which goes as quickly as a copy; the others it compresses with
 * `lzma-native`, where that is installed. `small` and numbers compress everything.
 *
 * @param load for tests
 * @throws `CODEC_MISSING` when a level other than `fast` needs `lzma-native`, before anything is written;
 * `OPTION_INVALID` for another level, or when there is not memory enough for it
 */
export async function encodeXz(
  source: ByteSource,
  sink: ByteSink,
  options: { level: PackLevel },
  load: () => Promise<LzmaNative> = loadLzma,
): Promise<XzReport> {
  const plan = xzPlan(options.level)
  let loading: Promise<LzmaNative | undefined> | undefined
  // It takes a quarter of the time that Node takes to start, and weights do without.
  const codec = () => {
    loading ??= loadCodec(plan, load)
    return loading
  }
  if (plan.everything) await codec()
  const guard = new Guard()
  const records: number[][] = []
  let missed = 0
  await sink.write([streamHeader(CRC32)])
  await orderedPieces(guard.source(source), guard.sink(sink), {
    blockSize: plan.blockSize,
    atOnce: plan.atOnce,
    async run(data, index) {
      const sum = crc32(data)
      const worth = (index === 0 || data.length >= LEAST_END) && shrinks(data)
      const lzma = worth || plan.everything ? await codec() : undefined
      if (worth && lzma === undefined) missed += data.length
      const stored = { pieces: storedPieces, size: storedSize(data.length), dictionary: STORED_DICTIONARY }
      const block =
        lzma === undefined ? stored : ((await compressed(lzma, data, settings(plan, data, worth), guard)) ?? stored)
      const header = blockHeader({ compressed: block.size, uncompressed: data.length }, block.dictionary)
      records[index] = indexRecord(header.length + block.size + 4, data.length)
      return [header, ...block.pieces(data), blockEnd(block.size, sum)]
    },
  })
  await sink.write(streamEnd(records))
  return { missed }
}

interface LzmaBlock {
  pieces(data: Uint8Array): Uint8Array[]
  /** Bytes of LZMA2. */
  size: number
  dictionary: number
}

async function loadCodec(plan: XzPlan, load: () => Promise<LzmaNative>): Promise<LzmaNative | undefined> {
  try {
    return await load()
  } catch (cause) {
    if (!plan.everything) return undefined
    throw new BentoError('CODEC_MISSING', 'Compressing to xz needs the package lzma-native.', {
      hint: "Install it with `npm install lzma-native`, or take the level 'fast', which can do without.",
      cause,
    })
  }
}

/** No more dictionary than there is data, and what data that hardly shrinks in general, such as weights, shrinks with. */
function settings({ lzma }: XzPlan, data: Uint8Array, worth: boolean): LzmaOptions {
  let dictionary = 64 * 1024
  while (dictionary < data.length && dictionary < lzma.dictionary) dictionary *= 2
  return { ...lzma, dictionary: Math.min(dictionary, lzma.dictionary), numbers: !worth }
}

/** Undefined where the data takes less room stored. */
async function compressed(
  lzma: LzmaNative,
  data: Uint8Array,
  options: LzmaOptions,
  guard: Guard,
): Promise<LzmaBlock | undefined> {
  const pieces = await compressBlock(lzma, data, options, () => guard.failure)
  const size = pieces.reduce((sum, piece) => sum + piece.length, 0)
  return size < storedSize(data.length) ? { pieces: () => pieces, size, dictionary: options.dictionary } : undefined
}

/** Padding, then the check (§3.3, §3.4). */
function blockEnd(compressed: number, sum: number): Uint8Array {
  const padding = paddingAfter(compressed)
  const bytes = Buffer.alloc(padding + 4)
  bytes.writeUInt32LE(sum, padding)
  return bytes
}

function streamEnd(records: number[][]): Uint8Array[] {
  const index = Uint8Array.from([indexStart(records.length), ...records].flat())
  const end = indexEnd(index.length, crc32(index))
  return [index, end, streamFooter(CRC32, index.length + end.length)]
}

/** Remembers an error of the source or sink, so that a block that takes a minute to compress can be given up. */
class Guard {
  failure: unknown

  source(source: ByteSource): ByteSource {
    return { read: into => this.#watch(source.read(into)) }
  }

  sink(sink: ByteSink): ByteSink {
    return { write: pieces => this.#watch(sink.write(pieces)) }
  }

  async #watch<T>(work: Promise<T>): Promise<T> {
    try {
      return await work
    } catch (error) {
      this.failure ??= error
      throw error
    }
  }
}
