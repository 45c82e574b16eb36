import { availableParallelism } from 'node:os'
import { promisify } from 'node:util'
import { constants, deflateRaw } from 'node:zlib'
import { BentoError } from '../core/errors.js'
import { storedDeflate } from './gzip/stored.js'
import { shrinks } from './sample.js'
import type { PackLevel } from './types.js'

const deflate = promisify(deflateRaw)

/** Bytes that become one piece. Part of the formats in so far as other pieces would give other bytes. */
export const DEFLATE_PIECE: number = 1024 * 1024
/** How far back deflate may point (RFC 1951 §2): what a piece may repeat of the one before. */
const WINDOW = 32 * 1024
/** A buffer that the result of most pieces fits in; zlib goes on in another one otherwise. */
const RESULT = DEFLATE_PIECE / 2
/** Level of what is compressed with `fast`: the default of gzip, pigz and zip. */
const USUAL = 6
/** zlib runs in libuv's pool, of four threads unless the user set more. */
const MOST_AT_ONCE = 8

/** An empty last block with fixed codes (RFC 1951 §3.2.6), which ends a stream of pieces wherever they end. */
export const LAST_BLOCK: Uint8Array = Uint8Array.of(3, 0)

/** Pieces to be compressed at once. */
export function deflatesAtOnce(): number {
  return Math.min(availableParallelism() + 1, MOST_AT_ONCE)
}

/**
 * The level of zlib's scale that a {@link PackLevel} stands for.
 *
 * @param format to be named in the error
 * @throws `OPTION_INVALID` for one that is not of that scale
 */
export function deflateLevel(level: PackLevel, format: string): number {
  if (level === 'fast') return USUAL
  if (level === 'small') return 9
  if (Number.isInteger(level) && level >= 0 && level <= 9) return level
  throw new BentoError('OPTION_INVALID', `${format} has no level ${level}.`, {
    hint: "Take 'fast', 'small' or a whole number from 0 to 9.",
  })
}

/**
 * Compresses a stream of raw deflate (RFC 1951) in pieces of {@link DEFLATE_PIECE} bytes, several at once. Each ends at a
 * byte, and may repeat what the one before ended with; {@link LAST_BLOCK} is to end the stream. `fast` lets pieces that
 * hardly shrink through as they are, in stored blocks, and 0 all.
 *
 * @param format to be named in the error
 * @throws `OPTION_INVALID`, as {@link deflateLevel} does
 * @returns to be called with the pieces in their order; a piece must not change until what became of it is written
 */
export function pieceDeflater(
  packLevel: PackLevel,
  format: string,
): (piece: Uint8Array) => Promise<readonly Uint8Array[]> {
  const level = deflateLevel(packLevel, format)
  let before: Uint8Array | undefined
  return async piece => {
    const dictionary = before
    before = Uint8Array.prototype.slice.call(piece, -WINDOW)
    if (level === 0 || (packLevel === 'fast' && !shrinks(piece))) return storedDeflate(piece)
    return [
      await deflate(piece, {
        level,
        finishFlush: constants.Z_SYNC_FLUSH,
        chunkSize: RESULT,
        ...(dictionary && { dictionary }),
      }),
    ]
  }
}
