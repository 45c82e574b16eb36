import { availableParallelism } from 'node:os'
import { BentoError } from '../../core/errors.js'
import type { ByteSink, ByteSource } from '../bytes.js'
import { orderedPieces } from '../pieces.js'
import type { PackLevel } from '../types.js'
import { Compressors } from './compressors.js'

/**
 * Bytes that become one stream. libbz2 sorts 900,000 less 19 at level 9, and counts a run of four as five, so that this
 * is one block, save for data full of short runs.
 */
const PIECE = 899_000
/** Each thread has some 12 MB of its own. */
const MOST_THREADS = 8
/** A stream without a block: what bzip2 makes of an empty file. */
const EMPTY = Uint8Array.of(0x42, 0x5a, 0x68, 0x39, 0x17, 0x72, 0x45, 0x38, 0x50, 0x90, 0, 0, 0, 0)

/**
 * Compresses into bzip2: a stream for each 899,000 bytes, one behind the other as lbzip2 and pbzip2 write them (and
 * bzip2, Python and BentoML read them), made in parallel in worker threads. The format knows no stored data, so that
 * what doesn't shrink takes its time all the same.
 *
 * @param options.level `fast` and `small` are 9: lower ones save a tenth of the time at most; else 1 to 9
 * @throws `OPTION_INVALID` for another level, 0 among them; `CODEC_MISSING` when libbz2 can't be loaded
 */
export async function encodeBzip2(source: ByteSource, sink: ByteSink, options: { level: PackLevel }): Promise<void> {
  const level = bzip2Level(options.level)
  const threads = Math.min(availableParallelism(), MOST_THREADS)
  const compressors = new Compressors(threads, PIECE)
  let empty = true
  try {
    await orderedPieces(source, sink, {
      blockSize: PIECE,
      // The next ones lie ready, so that no thread waits for a block.
      atOnce: threads + 2,
      async run(block, _index, slot) {
        empty = false
        return [await compressors.compress(block, level, slot)]
      },
    })
  } finally {
    await compressors.close()
  }
  if (empty) await sink.write([EMPTY])
}

function bzip2Level(level: PackLevel): number {
  if (level === 'fast' || level === 'small') return 9
  if (Number.isInteger(level) && level >= 1 && level <= 9) return level
  throw new BentoError('OPTION_INVALID', `bzip2 has no level ${level}.`, {
    hint: "Take 'fast', 'small' or a whole number from 1 to 9.",
  })
}
