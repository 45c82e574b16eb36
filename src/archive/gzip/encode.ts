import { availableParallelism } from 'node:os'
import { promisify } from 'node:util'
import { constants, crc32, deflateRaw } from 'node:zlib'
import { BentoError } from '../../core/errors.js'
import type { ByteSink, ByteSource } from '../bytes.js'
import { orderedPieces } from '../pieces.js'
import { shrinks } from '../sample.js'
import type { PackLevel } from '../types.js'
import { storedDeflate } from './stored.js'

const deflate = promisify(deflateRaw)

/** Bytes that become one piece. Part of the format in so far as other pieces would give other bytes. */
const PIECE = 1024 * 1024
/** How far back deflate may point (RFC 1951 §2): what a piece may repeat of the one before. */
const WINDOW = 32 * 1024
/** A buffer that the result of most pieces fits in; zlib goes on in another one otherwise. */
const RESULT = PIECE / 2
/** Level of what is compressed with `fast`: the default of gzip and pigz. */
const USUAL = 6
/** zlib runs in libuv's pool, of four threads unless the user set more. */
const MOST_AT_ONCE = 8

/** RFC 1952 §2.3: deflate, no flags, no time, no hint about the level, unknown system; so the same on each machine. */
const HEADER = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255)
/** An empty last block with fixed codes (RFC 1951 §3.2.6), which ends the member wherever the pieces end. */
const LAST_BLOCK = [3, 0]

/**
 * Compresses into one gzip member (RFC 1952), which readers that stop at the end of the first member read wholly. It is
 * made of deflate pieces of 1 MiB of data, compressed in parallel; each ends at a byte and may repeat what the one
 * before ended with.
 *
 * @param options.level `fast` stores pieces that hardly shrink and compresses the others at 6; `small` is 9; 0 stores
 * everything
 * @throws `OPTION_INVALID` for another level
 */
export async function encodeGzip(source: ByteSource, sink: ByteSink, options: { level: PackLevel }): Promise<void> {
  const level = deflateLevel(options.level)
  let sum = 0
  let length = 0
  let before: Uint8Array | undefined
  await sink.write([HEADER])
  await orderedPieces(source, sink, {
    blockSize: PIECE,
    atOnce: Math.min(availableParallelism() + 1, MOST_AT_ONCE),
    async run(block) {
      sum = crc32(block, sum)
      length += block.length
      const dictionary = before
      before = Uint8Array.prototype.slice.call(block, -WINDOW)
      if (level === 0 || (options.level === 'fast' && !shrinks(block))) return storedDeflate(block)
      const finishFlush = constants.Z_SYNC_FLUSH
      return [await deflate(block, { level, finishFlush, chunkSize: RESULT, ...(dictionary && { dictionary }) })]
    },
  })
  await sink.write([trailer(sum, length)])
}

function deflateLevel(level: PackLevel): number {
  if (level === 'fast') return USUAL
  if (level === 'small') return 9
  if (Number.isInteger(level) && level >= 0 && level <= 9) return level
  throw new BentoError('OPTION_INVALID', `gzip has no level ${level}.`, {
    hint: "Take 'fast', 'small' or a whole number from 0 to 9.",
  })
}

/** The end of the data, and RFC 1952 §2.3.1: the checksum, and the length modulo 2^32. */
function trailer(sum: number, length: number): Uint8Array {
  const bytes = Buffer.from([...LAST_BLOCK, 0, 0, 0, 0, 0, 0, 0, 0])
  bytes.writeUInt32LE(sum, LAST_BLOCK.length)
  bytes.writeUInt32LE(length % 2 ** 32, LAST_BLOCK.length + 4)
  return bytes
}
