import { crc32 } from 'node:zlib'
import type { ByteSink, ByteSource } from '../bytes.js'
import { DEFLATE_PIECE, deflatesAtOnce, LAST_BLOCK, pieceDeflater } from '../deflate.js'
import { orderedPieces } from '../pieces.js'
import type { PackLevel } from '../types.js'

/** RFC 1952 §2.3: deflate, no flags, no time, no hint about the level, unknown system; so the same on each machine. */
const HEADER = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255)

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
  const deflate = pieceDeflater(options.level, 'gzip')
  let sum = 0
  let length = 0
  await sink.write([HEADER])
  await orderedPieces(source, sink, {
    blockSize: DEFLATE_PIECE,
    atOnce: deflatesAtOnce(),
    async run(block) {
      sum = crc32(block, sum)
      length += block.length
      return deflate(block)
    },
  })
  await sink.write([trailer(sum, length)])
}

/** The end of the data, and RFC 1952 §2.3.1: the checksum, and the length modulo 2^32. */
function trailer(sum: number, length: number): Uint8Array {
  const bytes = Buffer.from([...LAST_BLOCK, 0, 0, 0, 0, 0, 0, 0, 0])
  bytes.writeUInt32LE(sum, LAST_BLOCK.length)
  bytes.writeUInt32LE(length % 2 ** 32, LAST_BLOCK.length + 4)
  return bytes
}
