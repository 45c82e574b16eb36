import { crc32 } from 'node:zlib'
import type { ArchiveInput, ExtractLimits } from '../../src/archive/types.js'
import { decodeXz, type XzDecoder } from '../../src/archive/xz/decode.js'
import { storedPieces } from '../../src/archive/xz/stored.js'
import { inputOf, LIMITS, unpacked } from '../support/archive-data.js'

/** A block as it lies in a file; what is given takes the place of what would be right. */
export interface BlockParts {
  data: Uint8Array
  /** LZMA2 of `data`. */
  lzma?: Uint8Array
  /** Fields between the header's length and its padding. */
  fields?: number[]
  headerPadding?: number[]
  padding?: number[]
  sum?: number
}

/** A file as it lies on the disk; what is given takes the place of what would be right. */
export interface FileParts {
  blocks: BlockParts[]
  check?: number
  /** Records of the index. */
  records?: number[]
  count?: number[]
  indexPadding?: number[]
  backward?: number
  footerFlags?: number[]
}

/** A number as the format writes it. */
export function vli(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...vli(Math.floor(value / 128))]
}

/** Bytes, and their CRC32 after them: so that what is wrong in them is not found by that. */
export function signed(bytes: ArrayLike<number>): Buffer {
  const sum = Buffer.alloc(4)
  sum.writeUInt32LE(crc32(Uint8Array.from(bytes)))
  return Buffer.concat([Uint8Array.from(bytes), sum])
}

/** Zeros up to a multiple of four. */
function zeros(length: number): number[] {
  return Array.from({ length: (4 - (length % 4)) % 4 }, () => 0)
}

/** The fields of a block header that are right for so much data. */
export function fieldsOf(compressed: number, uncompressed: number, dictionary = 8): number[] {
  return [0xc0, ...vli(compressed), ...vli(uncompressed), 0x21, 1, dictionary]
}

/** Puts a file together, by the format's page and by none of our own code but that for stored data. */
export function xzFile(parts: FileParts): Buffer {
  const { check = 1 } = parts
  const flags = [0, check]
  const pieces: Uint8Array[] = [Uint8Array.of(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0), signed(flags)]
  const records: number[] = []
  for (const block of parts.blocks) {
    const lzma = block.lzma ?? Buffer.concat(storedPieces(block.data))
    const fields = block.fields ?? fieldsOf(lzma.length, block.data.length)
    const body = [...fields, ...(block.headerPadding ?? zeros(1 + fields.length))]
    const header = signed([(1 + body.length) / 4, ...body])
    const sum = Buffer.alloc(check === 1 ? 4 : 0)
    if (check === 1) sum.writeUInt32LE(block.sum ?? crc32(block.data))
    pieces.push(header, lzma, Uint8Array.from(block.padding ?? zeros(lzma.length)), sum)
    records.push(...vli(header.length + lzma.length + sum.length), ...vli(block.data.length))
  }
  const list = [0, ...(parts.count ?? vli(parts.blocks.length)), ...(parts.records ?? records)]
  const index = signed([...list, ...(parts.indexPadding ?? zeros(list.length))])
  const backward = Buffer.alloc(4)
  backward.writeUInt32LE(parts.backward ?? index.length / 4 - 1)
  const tail = signed([...backward, ...(parts.footerFlags ?? flags)])
  pieces.push(index, tail.subarray(-4), tail.subarray(0, -4), Buffer.from('YZ'))
  return Buffer.concat(pieces)
}

/** What a file decodes to. */
export function unxz(
  file: Uint8Array | ArchiveInput,
  decoder?: XzDecoder,
  limits: Partial<ExtractLimits> = {},
): Promise<Buffer> {
  const input = file instanceof Uint8Array ? inputOf(file) : file
  return unpacked(decodeXz(input, { ...LIMITS, ...limits }, decoder))
}
