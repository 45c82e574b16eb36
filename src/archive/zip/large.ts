import { crc32 } from 'node:zlib'
import { DEFLATE_PIECE, deflatesAtOnce, LAST_BLOCK, pieceDeflater } from '../deflate.js'
import type { PackFile } from '../entries.js'
import { orderedPieces } from '../pieces.js'
import { shrinks } from '../sample.js'
import type { PackLevel } from '../types.js'
import { DEFLATED, FULL32, STORED } from './format.js'
import type { ZipOutlet } from './outlet.js'
import { descriptor, type Header, localHeader } from './records.js'
import { changed, describe, type Stamp } from './small.js'

/** What deflate may add to a content of 4 GiB is a fraction of that. */
const SPARE = 16 * 1024 * 1024

/**
 * Packs a file piece by piece. Whether it is stored or deflated follows from its first piece, which goes before all
 * else; in a deflated file, `fast` stores the pieces that would hardly shrink.
 */
export async function packLarge(file: PackFile, stamp: Stamp, level: PackLevel, outlet: ZipOutlet): Promise<void> {
  const header: Header = {
    ...describe(file, stamp),
    method: STORED,
    streamed: true,
    large: file.size >= FULL32 - SPARE,
    crc: 0,
    packed: 0,
    size: 0,
  }
  const offset = outlet.offset
  const deflate = pieceDeflater(level, 'zip')
  let start = offset
  const opened = await file.open()
  try {
    await orderedPieces(opened, outlet, {
      blockSize: DEFLATE_PIECE,
      atOnce: deflatesAtOnce(),
      async run(block, index) {
        header.crc = crc32(block, header.crc)
        header.size += block.length
        if (header.size > file.size) throw changed(file)
        outlet.count(block.length)
        if (index > 0) return header.method === STORED ? [block] : deflate(block)
        header.method = level === 0 || (level === 'fast' && !shrinks(block)) ? STORED : DEFLATED
        const local = localHeader(header)
        start = offset + local.length
        return [local, ...(header.method === STORED ? [block] : await deflate(block))]
      },
    })
  } finally {
    await opened.close()
  }
  if (header.size !== file.size) throw changed(file)
  if (header.method === DEFLATED) await outlet.append([LAST_BLOCK])
  header.packed = outlet.offset - start
  await outlet.append([descriptor(header)])
  outlet.list(header, offset)
}
