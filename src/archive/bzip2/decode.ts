import { BentoError } from '../../core/errors.js'
import type { Chunks } from '../bytes.js'
import type { ArchiveInput, ExtractLimits } from '../types.js'
import { BitInput } from './bit-input.js'
import { Block, Bzip2Damage } from './block.js'
import { Unrolling } from './unrolling.js'

/** Bytes given at once. */
const CHUNK = 256 * 1024
/** "BZh", a digit behind it; and in two halves what begins a block (digits of pi) and the end of a stream (of its root). */
const STREAM = 0x425a68
const BLOCK = [0x314159, 0x265359] as const
const END = [0x177245, 0x385090] as const

/**
 * Decompresses bzip2: one stream or several, one behind the other. It needs about 10 MB whatever the archive says, so
 * that no limit applies.
 *
 * @throws `ARCHIVE_INVALID` when it is empty, truncated or corrupt, when anything else follows, and for blocks of bzip2
 * 0.9.0, of 1998; whatever reading throws
 */
export async function* decodeBzip2(input: ArchiveInput, _limits: ExtractLimits): Chunks {
  const bits = new BitInput(input.chunks())
  const block = new Block()
  const chunk = Buffer.allocUnsafeSlow(CHUNK)
  try {
    do {
      const most = await streamHeader(bits)
      let sum = 0
      while (await beginsBlock(bits)) {
        const expected = bits.readWord()
        block.read(bits, most)
        expectWhole(bits)
        const unrolling = new Unrolling(block)
        for (let count = CHUNK; count === CHUNK; ) {
          count = unrolling.fill(chunk)
          if (count > 0) yield chunk.subarray(0, count)
        }
        if (unrolling.sum !== expected) throw new Bzip2Damage('a checksum is wrong')
        sum = ((sum << 1) | (sum >>> 31)) ^ expected
      }
      const expected = bits.readWord()
      expectWhole(bits)
      if (sum !== expected) throw new Bzip2Damage('the checksum is wrong')
      bits.align()
      await bits.prepare()
    } while (bits.left > 0)
  } catch (error) {
    if (!(error instanceof Bzip2Damage)) throw error
    throw damaged(input, bits.overrun ? 'it is cut off' : error.message, error)
  } finally {
    // The next bytes of a pipe may never come; what closes the input sees to that.
    if (input.path !== undefined) await bits.close()
  }
}

/** @returns the most bytes that a block of the stream may have */
async function streamHeader(bits: BitInput): Promise<number> {
  await bits.prepare()
  if (bits.left === 0) throw new Bzip2Damage('it is empty')
  const magic = bits.read(24)
  const level = bits.read(8) - 0x30
  expectWhole(bits)
  if (magic !== STREAM || level < 1 || level > 9) {
    throw new Bzip2Damage('something else than a bzip2 stream stands there')
  }
  return level * 100_000
}

/** Whether a block comes, or else the end of the stream. */
async function beginsBlock(bits: BitInput): Promise<boolean> {
  await bits.prepare()
  const first = bits.read(24)
  const second = bits.read(24)
  if (first === BLOCK[0] && second === BLOCK[1]) return true
  if (first === END[0] && second === END[1]) return false
  throw new Bzip2Damage('neither a block nor its end stands where one must')
}

function expectWhole(bits: BitInput): void {
  if (bits.overrun) throw new Bzip2Damage('it is cut off')
}

function damaged(input: ArchiveInput, reason: string, cause: unknown): BentoError {
  return new BentoError('ARCHIVE_INVALID', `${input.name} cannot be read as bzip2: ${reason}.`, {
    hint: 'Fetch or export it again.',
    cause,
  })
}
