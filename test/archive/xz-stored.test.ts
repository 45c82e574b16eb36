import { describe, expect, it } from 'vitest'
import { decodeXz } from '../../src/archive/xz/decode.js'
import { storedPieces } from '../../src/archive/xz/stored.js'
import { inputOf, LIMITS, numbers } from '../support/archive-data.js'
import { type FileParts, fieldsOf, signed, unxz, vli, xzFile } from './xz-parts.js'

const next = numbers(7)
const noise = (length: number) => Uint8Array.from({ length }, () => next() * 256)
const first = noise(70_001)
const second = noise(65_536)
const stored = (data: Uint8Array) => Buffer.concat(storedPieces(data))
const both: FileParts = { blocks: [{ data: first }, { data: second }] }
const data = Buffer.concat([first, second])
const good = xzFile(both)

/** One block of some bytes, other LZMA2 in the place of what is right. */
const withLzma = (lzma: Uint8Array, length = 100) => {
  const data = first.subarray(0, length)
  return xzFile({ blocks: [{ data, lzma, fields: fieldsOf(lzma.length, length) }] })
}
const chunk = (control: number, length: number, from = first) =>
  Buffer.concat([Uint8Array.of(control, (length - 1) >> 8, (length - 1) & 255), from.subarray(0, length)])
const end = Uint8Array.of(0)

describe('stored xz, read by ourselves', () => {
  it.each([undefined, 1, 97, good.length])('in portions of %s bytes', async portion => {
    expect((await unxz(inputOf(good, portion))).equals(data)).toBe(true)
  })

  it('without a check, empty, without blocks, with an empty block', async () => {
    expect((await unxz(xzFile({ ...both, check: 0 }))).equals(data)).toBe(true)
    expect((await unxz(xzFile({ blocks: [] }))).equals(Buffer.alloc(0))).toBe(true)
    expect((await unxz(xzFile({ blocks: [], check: 0 }))).equals(Buffer.alloc(0))).toBe(true)
    expect((await unxz(xzFile({ blocks: [{ data: new Uint8Array() }, { data: first }] }))).equals(first)).toBe(true)
  })

  it('several streams, with padding between them and after them', async () => {
    const padded = [good, Buffer.alloc(4), xzFile({ blocks: [] }), Buffer.alloc(3_000_004), good, Buffer.alloc(8)]
    expect((await unxz(Buffer.concat(padded))).equals(Buffer.concat([data, data]))).toBe(true)
    expect((await unxz(Buffer.concat([good, good]))).equals(Buffer.concat([data, data]))).toBe(true)
  })

  it("in portions of at most a MiB, which are the reader's again afterwards", async () => {
    const long = Buffer.alloc(2_500_000, 'abc')
    const lengths: number[] = []
    const buffers = new Set<ArrayBufferLike>()
    for await (const part of decodeXz(inputOf(xzFile({ blocks: [{ data: long }, { data: first }] })), LIMITS)) {
      lengths.push(part.length)
      buffers.add(part.buffer)
    }
    expect(lengths).toEqual([1048576, 1048576, 402_848, 70_001])
    expect(buffers.size).toBe(1)
  })

  it('cut anywhere, is refused', async () => {
    const small = xzFile({ blocks: [{ data: first.subarray(0, 50) }, { data: first.subarray(0, 3) }] })
    for (let length = 1; length < small.length; length++) {
      const reason = length < 6 ? 'not begin as an xz file does' : 'ends too early'
      await expect(unxz(small.subarray(0, length)), `${length} bytes`).rejects.toThrow(reason)
      await expect(unxz(small.subarray(0, length))).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' })
    }
  })

  const lzma = stored(first)
  const fields = fieldsOf(lzma.length, first.length)
  const one = (parts: Partial<FileParts['blocks'][number]>) => xzFile({ blocks: [{ data: first, ...parts }] })
  const changed = (at: number, value: number) => {
    const copy = Buffer.from(good)
    copy[at < 0 ? copy.length + at : at]! ^= value
    return copy
  }

  it.each<[string, string, Uint8Array]>([
    ['an empty file', 'it is empty', Buffer.alloc(0)],
    ['another format', 'not begin', Buffer.from('PK\x03\x04 and so on')],
    ['.lzma', 'not begin', Buffer.from('5d00008000ffffffffffffffff0083fffbffffc0000000', 'hex')],
    ['.lz', 'not begin', Buffer.from('LZIP\x01\x0c and so on')],
    ['zeros before it', 'not begin', Buffer.concat([Buffer.alloc(4), good])],
    ['another magic number', 'not begin', changed(5, 1)],
    ['wrong CRC of the stream header', 'corrupt', changed(8, 1)],
    ['another check than the CRC knows', 'corrupt', changed(7, 1)],
    ['a reserved check', 'not supported', xzFile({ ...both, check: 16 })],
    ['wrong CRC of a block header', 'corrupt', one({ fields }).fill(0, 24, 28)],
    ['reserved flags of a block', 'not supported', one({ fields: [0xc4, ...fields.slice(1)] })],
    ['padding in a block header that is not zero', 'not supported', one({ headerPadding: [1] })],
    ['a compressed size of zero', 'corrupt', one({ fields: fieldsOf(0, first.length) })],
    ['a size in two bytes that one would hold', 'corrupt', one({ fields: [0xc0, 0x80, 0, 1, 0x21, 1, 8, 0, 0, 0] })],
    ['a size of ten bytes', 'corrupt', one({ fields: [0xc0, ...Array(9).fill(0xff), 1, 1, 0x21, 1, 8] })],
    ['a size beyond 2^53', 'corrupt', one({ fields: [0xc0, ...Array(8).fill(0xff), 1, 1, 0x21, 1, 8] })],
    ['a header that ends within its fields', 'corrupt', one({ fields: [0xc0, 0x85, 0x85], headerPadding: [] })],
    [
      'properties that are longer than the header',
      'corrupt',
      one({ fields: [0xc0, 1, 1, 0x21, 99], headerPadding: [0, 0] }),
    ],
    [
      'properties of LZMA2 that are reserved',
      'not supported',
      one({ fields: fieldsOf(lzma.length, first.length, 41) }),
    ],
    ['a larger size', 'corrupt', one({ fields: fieldsOf(lzma.length + 1, first.length + 1) })],
    ['a smaller size', 'corrupt', one({ fields: fieldsOf(lzma.length - 1, first.length - 1) })],
    ['padding of a block that is not zero', 'corrupt', one({ padding: lzma.length % 4 === 0 ? [1] : [1, 0, 0] })],
    ['a wrong CRC of the data', 'corrupt', one({ sum: 1 })],
    ['a first chunk that keeps the dictionary', 'corrupt', withLzma(Buffer.concat([chunk(2, 100), end]))],
    ['a chunk of an unknown kind', 'corrupt', withLzma(Buffer.concat([chunk(3, 100), end]))],
    ['a chunk that is too long', 'corrupt', withLzma(Buffer.concat([chunk(1, 101), end]).subarray(0, 104))],
    ['a chunk that is too short', 'corrupt', withLzma(Buffer.concat([chunk(1, 99), end, end]))],
    ['another byte at the end of a block', 'corrupt', withLzma(Buffer.concat([chunk(1, 100), Uint8Array.of(1)]))],
    ['a compressed chunk in a stored block', 'no known program', withLzma(chunk(0xe0, 101))],
    ['fewer blocks in the index', 'corrupt', xzFile({ ...both, count: [1] })],
    ['more blocks in the index', 'corrupt', xzFile({ ...both, count: [3] })],
    ['no blocks in the index', 'corrupt', xzFile({ ...both, count: [0], records: [] })],
    ['a count in two bytes', 'corrupt', xzFile({ ...both, count: [0x82, 0] })],
    ['another size in the index', 'corrupt', xzFile({ blocks: [{ data: first }], records: [...vli(9), ...vli(9)] })],
    ['padding of the index that is not zero', 'corrupt', xzFile({ blocks: [], indexPadding: [0, 1] })],
    ['a longer padding of the index', 'corrupt', xzFile({ blocks: [], indexPadding: [0, 0, 0, 0, 0, 0] })],
    ['a wrong CRC of the index', 'corrupt', changed(-16, 1)],
    ['another size of the index', 'corrupt', xzFile({ ...both, backward: 9 })],
    ['other flags in the footer', 'corrupt', xzFile({ ...both, footerFlags: [0, 0] })],
    ['a wrong CRC of the footer', 'corrupt', changed(-12, 1)],
    ['another magic number at the end', 'corrupt', changed(-1, 1)],
    ['garbage after it', 'something else follows', Buffer.concat([good, Buffer.from('garbage')])],
    ['garbage after padding', 'something else follows', Buffer.concat([good, Buffer.alloc(4), Buffer.from('x')])],
    ['padding of five bytes', 'something else follows', Buffer.concat([good, Buffer.alloc(5)])],
    ['padding of three bytes, then a stream', 'something else follows', Buffer.concat([good, Buffer.alloc(3), good])],
    ['a second stream that is cut', 'ends too early', Buffer.concat([good, good.subarray(0, -1)])],
    ['a second stream of five bytes', 'something else follows', Buffer.concat([good, good.subarray(0, 5)])],
  ])('%s is refused', async (_, reason, file) => {
    const result = unxz(file)
    await expect(result).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' })
    await expect(result).rejects.toThrow(reason)
  })

  it.each([
    ['in the first block', (header: number[]) => ({ blocks: [{ data: first, fields: header }] })],
    ['in a later block', (header: number[]) => ({ blocks: [{ data: first }, { data: first, fields: header }] })],
  ])('a dictionary of 4 GiB %s is refused before anything is allocated', async (_, parts) => {
    const file = xzFile(parts(fieldsOf(lzma.length, first.length, 40)))
    await expect(unxz(file)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED', details: { dictionary: 2 ** 32 - 1 } })
    expect((await unxz(file, undefined, { memory: Number.POSITIVE_INFINITY })).length).toBeGreaterThan(0)
  })

  it('the longest block header is read', async () => {
    const header = [...fields, ...Array(1019 - fields.length).fill(0)]
    expect(signed([255, ...header])).toHaveLength(1024)
    expect(await unxz(xzFile({ blocks: [{ data: first, fields: header, headerPadding: [] }] }))).toEqual(
      Buffer.from(first),
    )
  })

  it('throws what the input throws', async () => {
    const input = {
      name: 'the archive',
      async *chunks() {
        yield good.subarray(0, 100)
        throw new Error('the disk broke')
      },
    }
    await expect(unxz(input)).rejects.toThrow('the disk broke')
  })

  it('lets go of the input when nobody reads on', async () => {
    let closed = false
    const input = {
      name: 'the archive',
      path: '/archive',
      async *chunks() {
        try {
          for (;;) yield good
        } finally {
          closed = true
        }
      },
    }
    for await (const _ of decodeXz(input, LIMITS)) break
    expect(closed).toBe(true)
  })
})
