import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { PackLevel } from '../../src/archive/types.js'
import { encodeXz, type XzReport } from '../../src/archive/xz/encode.js'
import { xzPlan } from '../../src/archive/xz/level.js'
import { type LzmaNative, loadLzma } from '../../src/archive/xz/lzma.js'
import { collector, gaussians, numbers, portions, sentences, sourceOf } from '../support/archive-data.js'
import { unxz, xzFile } from './xz-parts.js'

const MIB = 1024 * 1024
const BLOCK = xzPlan('fast').blockSize
const text = sentences(600_000, 1)
const noise = new Uint8Array(gaussians((BLOCK + MIB) / 4, 2).buffer)
const next = numbers(3)
/** Not even LZMA's model of numbers finds anything in it. */
const random = Uint8Array.from({ length: 100_000 }, () => next() * 256)
/** A block of noise; then text, then noise, which is one block worth compressing. */
const mixed = Buffer.concat([noise.subarray(0, BLOCK), text, noise.subarray(0, 100_000)])
const absent = () => Promise.reject(new Error('Cannot find package'))

async function packed(data: Uint8Array, level: PackLevel = 'fast', load?: () => Promise<LzmaNative>) {
  const out = collector()
  const report: XzReport = await encodeXz(sourceOf(data), out, { level }, load)
  return { file: out.bytes(), report }
}

/** Lengths of the blocks, stored or not, by what begins their LZMA2. */
function blocksOf(file: Buffer): { dictionary: number; control: number }[] {
  const blocks = []
  for (let at = 12; file[at] !== 0; ) {
    const length = (file[at]! + 1) * 4
    let field = at + 2
    let compressed = 0
    for (let shift = 0; ; shift += 7) {
      const byte = file[field++]!
      compressed += (byte & 127) * 2 ** shift
      if (byte < 128) break
    }
    const filter = file.indexOf(Uint8Array.of(0x21, 1), field)
    blocks.push({ dictionary: file[filter + 2]!, control: file[at + length]! })
    at += length + Math.ceil(compressed / 4) * 4 + 4
  }
  return blocks
}

describe('xz, written', () => {
  it.each([0, 1, 65_535, 65_536, 65_537, BLOCK - 1, BLOCK, BLOCK + 1])('round trip of %d bytes', async length => {
    const data = noise.subarray(0, length)
    const { file, report } = await packed(data)
    expect((await unxz(file)).equals(data)).toBe(true)
    expect(report).toEqual({ missed: 0 })
    // Three bytes for 64 KiB, and some forty for a block.
    expect(file.length).toBeLessThanOrEqual(length + 4 * Math.ceil(length / 65_536) + 100)
  })

  it('stores exactly what the page of the format says', async () => {
    const blocks = [noise.subarray(0, BLOCK), noise.subarray(BLOCK)].map(data => ({ data }))
    expect((await packed(noise)).file.equals(xzFile({ blocks }))).toBe(true)
    expect((await packed(new Uint8Array())).file.equals(xzFile({ blocks: [] }))).toBe(true)
  })

  it('compresses what shrinks, with no more dictionary than data', async () => {
    const { file, report } = await packed(mixed)
    const [first, second] = blocksOf(file)
    expect(first).toEqual({ dictionary: 8, control: 1 })
    expect(second?.control).toBeGreaterThanOrEqual(0xe0)
    expect(second?.dictionary).toBe(16)
    expect(file.length).toBeLessThan(mixed.length - text.length / 2)
    expect(report).toEqual({ missed: 0 })
    expect((await unxz(file)).equals(mixed)).toBe(true)
    expect(blocksOf((await packed(text.subarray(0, 10_000))).file)[0]?.dictionary).toBe(8)
  })

  it('stores all without lzma-native, and says how much would have shrunk', async () => {
    const { file, report } = await packed(mixed, 'fast', absent)
    expect(blocksOf(file).map(block => block.control)).toEqual([1, 1])
    expect(report).toEqual({ missed: mixed.length - BLOCK })
    expect((await unxz(file)).equals(mixed)).toBe(true)
  })

  it.each<PackLevel>(['small', 0, 6])('needs lzma-native for level %s, and says so before it writes', async level => {
    const out = collector()
    const refused = encodeXz(sourceOf(text), out, { level }, absent)
    await expect(refused).rejects.toMatchObject({
      code: 'CODEC_MISSING',
      hint: expect.stringContaining('npm install lzma-native'),
    })
    expect(out.bytes()).toHaveLength(0)
  })

  it.each<PackLevel>(['small', 0, 1, 5, 9])('compresses everything at level %s', async level => {
    const data = Buffer.concat([text.subarray(0, 200_000), noise.subarray(0, 100_000)])
    const { file } = await packed(data, level)
    expect(blocksOf(file).every(block => block.control >= 0xe0)).toBe(true)
    expect((await unxz(file)).equals(data)).toBe(true)
  })

  it('takes weights for the numbers they are', async () => {
    const weights = noise.subarray(0, 200_000)
    const { file } = await packed(weights, 'small')
    expect(file.length).toBeLessThan(weights.length * 0.88)
  })

  it('stores what would grow, whatever the level', async () => {
    const { file } = await packed(random, 'small')
    expect(blocksOf(file)[0]?.control).toBe(1)
    expect((await unxz(file)).equals(random)).toBe(true)
  })

  it.each([-1, 10, 1.5, Number.NaN])('refuses level %s', async level => {
    await expect(packed(text, level)).rejects.toMatchObject({ code: 'OPTION_INVALID' })
  })

  it('holds three dictionaries in a block, and no more than a GiB of memory', () => {
    for (const level of ['fast', 'small', 0, 1, 2, 3, 4, 5, 6, 7, 8, 9] as const) {
      const { blockSize, lzma, atOnce } = xzPlan(level)
      expect(blockSize).toBeGreaterThanOrEqual(Math.min(3 * lzma.dictionary, level === 'small' ? 2 ** 25 : 2 ** 26))
      const memory = (atOnce + 2) * blockSize + atOnce * (blockSize + 12 * lzma.dictionary)
      expect(memory).toBeLessThanOrEqual(1.1 * 1024 * MIB)
      // Readers allocate it: xz-decompress takes no more.
      expect(lzma.dictionary).toBeLessThanOrEqual(64 * MIB)
    }
  })

  it('is the same whatever portions the data comes in', async () => {
    const expected = (await packed(mixed)).file
    for (const most of [70_001, 1_500_000, 9 * MIB]) {
      const out = collector()
      const sizes = { next: () => ({ done: false as const, value: 1 + Math.floor(next() * most) }) }
      await encodeXz(portions(mixed, sizes), out, { level: 'fast' })
      expect(out.bytes().equals(expected)).toBe(true)
    }
  })

  it('round trip of stretches that shrink and stretches that do not', async () => {
    const few = fc.oneof(fc.nat(3000), fc.nat(200_000))
    const many = fc.oneof(few, fc.nat(1_500_000), fc.constantFrom(65_535, 65_536, BLOCK - 65_536, BLOCK))
    const stretch = fc.oneof(
      few.map(length => text.subarray(0, length)),
      many.map(length => noise.subarray(0, length)),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(stretch, { maxLength: 4 }), async stretches => {
        const data = Buffer.concat(stretches)
        const { file } = await packed(data)
        expect((await unxz(file)).equals(data)).toBe(true)
      }),
      { numRuns: 30 },
    )
  })
})

describe('xz that cannot be written', () => {
  const failing = { read: () => Promise.reject(new Error('the source broke')) }

  it('throws what source and sink throw', async () => {
    await expect(encodeXz(failing, collector(), { level: 'fast' })).rejects.toThrow('the source broke')
    const sink = { write: () => Promise.reject(new Error('the disk is full')) }
    await expect(encodeXz(sourceOf(mixed), sink, { level: 'fast' })).rejects.toThrow('the disk is full')
  })

  it('gives up blocks under way when the sink fails, and throws its error', async () => {
    // Two blocks of text, of which the second takes many turns: it is left when writing the first fails.
    const data = Buffer.concat([noise.subarray(0, BLOCK), text, text])
    let writes = 0
    const sink = { write: () => (++writes === 2 ? Promise.reject(new Error('the disk is full')) : Promise.resolve()) }
    const lzma = await loadLzma()
    let sent = 0
    class Counted extends lzma.Stream {
      override code(input: Uint8Array | null, inPool: true): void {
        sent += input?.length ?? 0
        super.code(input, inPool)
      }
    }
    const counted = () => Promise.resolve({ Stream: Counted })
    await expect(encodeXz(sourceOf(data), sink, { level: 'fast' }, counted)).rejects.toThrow('the disk is full')
    expect(sent).toBeLessThan(2 * text.length)
  })

  it.each([
    ['memory that is not there', 5, 'OPTION_INVALID'],
    ['anything else', 11, 'IO_FAILED'],
  ])('has a code for %s', async (_, code, expected) => {
    const lzma = await loadLzma()
    const error = Object.assign(new Error('liblzma says so'), { code })
    class Refusing extends lzma.Stream {
      override rawEncoder(): void {
        throw error
      }
    }
    class Failing extends lzma.Stream {
      override code(): void {
        setImmediate(() => this.bufferHandler(null, undefined, error))
      }
    }
    for (const Stream of [Refusing, Failing]) {
      const load = () => Promise.resolve({ Stream })
      await expect(packed(text, 1, load)).rejects.toMatchObject({ code: expected, cause: error })
    }
  })

  it('a CRC32 that hardware makes is the one of the format', () => {
    // xz file format 1.2.1 §6 refers to IEEE 802.3: the check value of "123456789".
    expect(crc32('123456789')).toBe(0xcbf43926)
  })
})
