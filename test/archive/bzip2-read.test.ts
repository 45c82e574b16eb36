import { crc32 } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { decodeBzip2 } from '../../src/archive/bzip2/decode.js'
import { inputOf, LIMITS, unpacked } from '../support/archive-data.js'
import { changeBytes } from '../support/change-bytes.js'

const read = (file: Uint8Array, portion?: number) => unpacked(decodeBzip2(inputOf(file, portion), LIMITS))

/** Files that bzip2 1.0.8 made. */
const EMPTY = Buffer.from('425a683917724538509000000000', 'hex')

/** Writes bits, highest first. */
class Bits {
  #bits = ''
  add(value: number, count: number): this {
    this.#bits += value.toString(2).padStart(count, '0')
    return this
  }
  bytes(): Buffer {
    const bytes = this.#bits.match(/.{1,8}/g) ?? []
    return Buffer.from(bytes.map(byte => Number.parseInt(byte.padEnd(8, '0'), 2)))
  }
}

/** CRC-32 as bzip2 has it, made of zlib's, which sees each byte from its other end. */
function checksum(data: Uint8Array): number {
  const reversed = (value: number, bits: number) =>
    Number.parseInt([...value.toString(2).padStart(bits, '0')].reverse().join(''), 2)
  return reversed(crc32(Uint8Array.from(data, byte => reversed(byte, 8))), 32)
}

interface Made {
  magic: string
  level: string
  shuffled: number
  origin: number
  used: number[]
  tables: number
  selectors: number[]
  /** Of the symbols 0, 1 and 2; by default codes 00, 01 and 10. */
  lengths: number[]
  /** As bits. By default two digits of 1: a run of 1 + 2. */
  codes: string
  sum: number
  streamSum: number
}

/** A stream whose one block has one byte, `a`, repeated: by default the file of `aaa`. */
function stream(change: Partial<Made> = {}): Buffer {
  const sum = change.sum ?? checksum(Buffer.from('aaa'))
  const made: Made = {
    magic: '314159265359',
    level: '9',
    shuffled: 0,
    origin: 0,
    used: [0x61],
    tables: 2,
    selectors: [0],
    lengths: [2, 2, 2],
    codes: '00' + '00' + '10',
    sum,
    streamSum: sum,
    ...change,
  }
  const bits = new Bits()
  for (const byte of Buffer.from(`BZh${made.level}`)) bits.add(byte, 8)
  for (const byte of Buffer.from(made.magic, 'hex')) bits.add(byte, 8)
  bits.add(made.sum, 32).add(made.shuffled, 1).add(made.origin, 24)
  const parts = Array.from({ length: 16 }, (_, part) => made.used.filter(byte => byte >> 4 === part))
  for (const part of parts) bits.add(part.length > 0 ? 1 : 0, 1)
  for (const part of parts.filter(({ length }) => length > 0)) {
    for (let member = 0; member < 16; member++) bits.add(part.some(byte => (byte & 15) === member) ? 1 : 0, 1)
  }
  bits.add(made.tables, 3).add(made.selectors.length, 15)
  for (const selector of made.selectors) bits.add(2 ** (selector + 1) - 2, selector + 1)
  for (let table = 0; table < made.tables; table++) {
    let length = made.lengths[0]!
    bits.add(length, 5)
    for (const wanted of made.lengths) {
      for (; length < wanted; length++) bits.add(0b10, 2)
      for (; length > wanted; length--) bits.add(0b11, 2)
      bits.add(0, 1)
    }
  }
  for (const code of made.codes) bits.add(Number(code), 1)
  for (const byte of Buffer.from('177245385090', 'hex')) bits.add(byte, 8)
  return bits.add(made.streamSum, 32).bytes()
}

const AAA = stream()
const aaa = Buffer.from('aaa')

describe('bzip2, read', () => {
  it('takes one stream or several, in portions of any size', async () => {
    for (const portion of [undefined, 1, 7, AAA.length]) {
      expect(await read(AAA, portion)).toEqual(aaa)
      expect(await read(EMPTY, portion)).toEqual(Buffer.alloc(0))
      expect(await read(Buffer.concat([AAA, EMPTY, AAA, stream({ level: '1' })]), portion)).toEqual(
        Buffer.from('aaaaaaaaa'),
      )
    }
  })

  it('takes codes of up to 20 bits, and runs that a count lengthens', async () => {
    // Four of a kind stand before the number of further ones: 4 bytes of the block become 4 when it ends there.
    const sum = checksum(Buffer.from('aaaa'))
    const lengths = [1, 20, 20]
    // A run of 4 is 2 * 1 + 1 * 2.
    const codes = `${'1'.padEnd(20, '0')}0${'1'.padEnd(19, '0')}1`
    expect(await read(stream({ sum, lengths, codes }))).toEqual(Buffer.from('aaaa'))
    // 97 is the code of the fifth a.
    const long = checksum(Buffer.alloc(4 + 97, 'a'))
    expect(await read(stream({ sum: long, codes: '00' + '01' + '10' }))).toEqual(Buffer.alloc(4 + 97, 'a'))
  })

  const wide = Array.from({ length: 40 }, () => '00').join('')
  it.each<[string, Uint8Array, string]>([
    ['an empty file', Buffer.alloc(0), 'it is empty'],
    ['another format', Buffer.from('PK\x03\x04 and so on'), 'something else than a bzip2 stream'],
    ['level 0', stream({ level: '0' }), 'something else than a bzip2 stream'],
    ['level :', stream({ level: ':' }), 'something else than a bzip2 stream'],
    ['the first version of bzip', stream({ magic: '314159265358' }), 'neither a block nor its end'],
    ['a shuffled block', stream({ shuffled: 1 }), 'it was made by version 0.9.0 or older'],
    ['a beginning outside the block', stream({ origin: 3 }), 'a block begins outside itself'],
    ['no bytes in use', stream({ used: [] }), 'a block has no bytes'],
    ['an empty block', stream({ codes: '10', sum: 0 }), 'a block begins outside itself'],
    ['one code table', stream({ tables: 1 }), 'a wrong number of code tables'],
    ['seven code tables', stream({ tables: 7 }), 'a wrong number of code tables'],
    ['no selectors', stream({ selectors: [] }), 'a block selects no code'],
    ['a selector of a table that is not there', stream({ selectors: [2] }), 'a block selects a code it lacks'],
    ['a code of no bits', stream({ lengths: [0, 2, 2] }), 'a code has a wrong length'],
    ['a code of 21 bits', stream({ lengths: [2, 2, 21] }), 'a code has a wrong length'],
    ['too many short codes', stream({ lengths: [1, 1, 1] }), 'a code is overfull'],
    ['bits that are no code', stream({ codes: '11' }), 'a code that means nothing'],
    ['a block without end', stream({ codes: '00'.repeat(50) }), 'a block is too long'],
    [
      'a group that no table was selected for',
      stream({ used: [1, 2], lengths: [2, 2, 2, 2], codes: '10'.repeat(51) }),
      'a block does not end',
    ],
    // In 32 bits the length of such a run would be negative, or zero again.
    ['a run of 40 digits', stream({ codes: `${wide}10` }), 'a block is too long'],
    ['a run longer than the block', stream({ level: '1', codes: `${'00'.repeat(17)}10` }), 'a block is too long'],
    ['a wrong checksum', stream({ sum: 1 }), 'a checksum is wrong'],
    ['a wrong checksum of the stream', stream({ streamSum: 1 }), 'the checksum is wrong'],
    ['garbage after it', Buffer.concat([AAA, Buffer.from('garbage')]), 'something else than a bzip2 stream'],
    ['a byte after it', Buffer.concat([AAA, Buffer.from('B')]), 'it is cut off'],
    ['zeros after it', Buffer.concat([AAA, Buffer.alloc(512)]), 'something else than a bzip2 stream'],
  ])('refuses %s', async (_name, file, reason) => {
    for (const portion of [undefined, 1]) {
      await expect(read(file, portion)).rejects.toMatchObject({
        code: 'ARCHIVE_INVALID',
        reason: expect.stringContaining(reason),
      })
    }
  })

  it('refuses every shorter part of a file', async () => {
    const two = Buffer.concat([AAA, AAA])
    for (let length = 0; length < two.length; length++) {
      if (length === AAA.length) continue
      await expect(read(two.subarray(0, length))).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' })
    }
  })

  it('throws what the input throws, lets go of it when nobody reads on, and never waits for a stalled pipe', async () => {
    let closed = 0
    const chunks = async function* (first: Uint8Array, then: () => Promise<void>) {
      try {
        yield first
        await then()
        yield AAA
      } finally {
        closed++
      }
    }
    const fail = () => Promise.reject(new Error('broken disk'))
    const broken = decodeBzip2({ name: 'x', path: '/x', chunks: () => chunks(AAA, fail) }, LIMITS)
    await expect(unpacked(broken)).rejects.toThrow('broken disk')
    const many = Buffer.concat(Array.from({ length: 40_000 }, () => AAA))
    for await (const chunk of decodeBzip2(
      { name: 'x', path: '/x', chunks: () => chunks(Buffer.concat([many, many]), fail) },
      LIMITS,
    )) {
      expect(chunk).toEqual(aaa)
      break
    }
    expect(closed).toBe(2)
    const stalled = () => chunks(Buffer.concat([Buffer.from('x'), many, many]), () => new Promise(() => undefined))
    await expect(unpacked(decodeBzip2({ name: 'x', chunks: stalled }, LIMITS))).rejects.toMatchObject({
      code: 'ARCHIVE_INVALID',
    })
  })

  it('reads any change of a good file as the same data or refuses it', async () => {
    const good = Buffer.concat([AAA, stream({ sum: checksum(Buffer.alloc(101, 'a')), codes: '000110' })])
    const expected = await read(good)
    const outcomes = await changeBytes(good, expected, read, 1000)
    // The level, the bits that fill up a byte, and tables that no group takes may change unseen.
    expect(outcomes.refused).toBeGreaterThan(outcomes.same)
  })
})
