import { afterAll, describe, expect, it } from 'vitest'
import { Compressors } from '../../src/archive/bzip2/compressors.js'
import { decodeBzip2 } from '../../src/archive/bzip2/decode.js'
import { encodeBzip2 } from '../../src/archive/bzip2/encode.js'
import { loadLibbz2, longestStream } from '../../src/archive/bzip2/libbz2.js'
import type { PackLevel } from '../../src/archive/types.js'
import {
  collector,
  gaussians,
  inputOf,
  LIMITS,
  numbers,
  portions,
  sentences,
  sourceOf,
  unpacked,
} from '../support/archive-data.js'

const PIECE = 899_000
const text = sentences(2 * PIECE + 1000, 1)
const noise = new Uint8Array(gaussians(500_000, 2).buffer)
const mixed = Buffer.concat([text.subarray(0, PIECE - 300_000), noise, text.subarray(PIECE, PIECE + 700_000)])
/** Four of a kind and another byte: the worst for the run lengths that bzip2 begins with. */
const runs = Uint8Array.from({ length: PIECE }, (_, at) => Math.floor(at / 4) & 255)

async function packed(data: Uint8Array, level: PackLevel = 'fast'): Promise<Buffer> {
  const out = collector()
  await encodeBzip2(sourceOf(data), out, { level })
  return out.bytes()
}

const read = (file: Uint8Array) => unpacked(decodeBzip2(inputOf(file), LIMITS))

describe('bzip2, written', () => {
  it.each([1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE])('round trip of %d bytes', async length => {
    for (const data of [text.subarray(0, length), mixed.subarray(0, length)]) {
      expect((await read(await packed(data))).equals(data)).toBe(true)
    }
  })

  it('round trip of noise, of zeros, and of runs of four', async () => {
    for (const data of [noise, new Uint8Array(3 * PIECE), runs]) {
      expect((await read(await packed(data))).equals(data)).toBe(true)
    }
  })

  it('makes of nothing what bzip2 does', async () => {
    expect((await packed(new Uint8Array(0))).toString('hex')).toBe('425a683917724538509000000000')
  })

  it.each<[PackLevel, string]>([
    ['fast', '9'],
    ['small', '9'],
    [1, '1'],
    [5, '5'],
    [9, '9'],
  ])('level %s: a stream of level %s for each piece', async (level, digit) => {
    const file = await packed(text, level)
    const head = Buffer.concat([Buffer.from(`BZh${digit}`), Buffer.from('314159265359', 'hex')])
    const streams: number[] = []
    for (let at = file.indexOf(head); at !== -1; at = file.indexOf(head, at + 1)) streams.push(at)
    expect(streams).toHaveLength(3)
    for (const [index, at] of streams.entries()) {
      const piece = text.subarray(index * PIECE, (index + 1) * PIECE)
      expect((await read(file.subarray(at, streams[index + 1]))).equals(piece)).toBe(true)
    }
  })

  it('is the same whatever portions the data comes in', async () => {
    const expected = await packed(mixed)
    const next = numbers(5)
    for (const most of [50_003, 1_500_000]) {
      const out = collector()
      const sizes = { next: () => ({ done: false as const, value: 1 + Math.floor(next() * most) }) }
      await encodeBzip2(portions(mixed, sizes), out, { level: 'fast' })
      expect(out.bytes().equals(expected)).toBe(true)
    }
  })

  it.each([0, -1, 10, 1.5, Number.NaN])('refuses level %s', async level => {
    await expect(packed(text, level)).rejects.toMatchObject({ code: 'OPTION_INVALID' })
  })

  it('throws what source and sink throw, and leaves no thread behind', async () => {
    const threads = () => process.getActiveResourcesInfo().filter(name => name === 'MessagePort').length
    const before = threads()
    const source = sourceOf(mixed)
    let reads = 0
    const broken = {
      read: (into: Uint8Array) => (++reads > 2 ? Promise.reject(new Error('broken source')) : source.read(into)),
    }
    await expect(encodeBzip2(broken, collector(), { level: 1 })).rejects.toThrow('broken source')
    let during = 0
    const full = collector(async () => {
      during = threads()
      throw new Error('broken sink')
    })
    await expect(encodeBzip2(sourceOf(mixed), full, { level: 1 })).rejects.toThrow('broken sink')
    expect(during).toBeGreaterThan(before)
    expect(threads()).toBe(before)
  })
})

describe('threads that compress', () => {
  const compressors = new Compressors(1, text.length)
  afterAll(() => compressors.close())

  it('give a code to what goes wrong in them, then and afterwards', async () => {
    expect((await compressors.compress(text, 1, 0)).length).toBeGreaterThan(0)
    // libbz2 knows no such level.
    const both = [compressors.compress(text, 10, 0), compressors.compress(text, 1, 1)]
    for (const one of both) {
      await expect(one).rejects.toMatchObject({ code: 'CODEC_MISSING', reason: expect.stringContaining('returned -2') })
    }
    await expect(compressors.compress(text, 1, 0)).rejects.toMatchObject({ code: 'CODEC_MISSING' })
  })
})

describe('libbz2', () => {
  it('lets its memory grow, and works on in it', async () => {
    const libbz2 = await loadLibbz2()
    const large = Buffer.concat(Array.from({ length: 5 }, () => text))
    const compress = (data: Uint8Array, level: number) => {
      const into = new Uint8Array(longestStream(data.length))
      return into.subarray(0, libbz2.compress(data, level, into))
    }
    for (const data of [large, noise, large]) expect((await read(compress(data, 1))).equals(data)).toBe(true)
  })
})
