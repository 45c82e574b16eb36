import { randomBytes } from 'node:crypto'
import { crc32, gunzipSync, gzipSync, inflateRawSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { decodeGzip } from '../../src/archive/gzip/decode.js'
import { encodeGzip } from '../../src/archive/gzip/encode.js'
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
import { changeBytes } from '../support/change-bytes.js'

const MIB = 1024 * 1024
const text = sentences(3 * MIB, 1)
const noise = new Uint8Array(gaussians(MIB, 2).buffer)
/** Text, then noise, then text, with borders that lie in the midst of pieces. */
const mixed = Buffer.concat([text.subarray(0, MIB + 300_000), noise, text.subarray(MIB)])

async function packed(data: Uint8Array, level: PackLevel = 'fast'): Promise<Buffer> {
  const out = collector()
  await encodeGzip(sourceOf(data), out, { level })
  return out.bytes()
}

describe('gzip, written', () => {
  it.each([0, 1, 100, MIB - 1, MIB, MIB + 1, 2 * MIB, 2 * MIB + 65_535])('round trip of %d bytes', async length => {
    for (const data of [text.subarray(0, length), noise.subarray(0, length), mixed.subarray(0, length)]) {
      const file = await packed(data)
      expect(gunzipSync(file).equals(data)).toBe(true)
      expect((await unpacked(decodeGzip(inputOf(file), LIMITS))).equals(data)).toBe(true)
    }
  })

  it.each<PackLevel>(['fast', 'small', 0, 1, 5, 9])(
    'level %s: one member with no time, name or system',
    async level => {
      const file = await packed(mixed, level)
      expect(file.subarray(0, 10).toString('hex')).toBe('1f8b08000000000000ff')
      expect(file.readUInt32LE(file.length - 8)).toBe(crc32(mixed))
      expect(file.readUInt32LE(file.length - 4)).toBe(mixed.length)
      // Deflate alone ends with the first last block, as readers of one member do.
      expect(inflateRawSync(file.subarray(10)).equals(mixed)).toBe(true)
    },
  )

  it('stores what does not shrink at 5 bytes for 65,535, and compresses the rest as well as one stream', async () => {
    const stored = await packed(noise)
    expect(stored.length).toBe(noise.length + 5 * (noise.length / MIB) * Math.ceil(MIB / 65_535) + 20)
    expect((await packed(text)).length).toBeLessThan(gzipSync(text).length * 1.005)
    expect((await packed(noise, 'small')).length).toBeLessThan(noise.length * 0.95)
    expect((await packed(text, 0)).length).toBeGreaterThan(text.length)
  })

  it('is the same whatever portions the data comes in', async () => {
    const next = numbers(5)
    const expected = await packed(mixed)
    for (const most of [7001, 65_536, 1_500_000]) {
      const out = collector()
      const sizes = { next: () => ({ done: false as const, value: 1 + Math.floor(next() * most) }) }
      await encodeGzip(portions(mixed, sizes), out, { level: 'fast' })
      expect(out.bytes().equals(expected)).toBe(true)
    }
  })

  it.each([-1, 10, 1.5, Number.NaN])('refuses level %s', async level => {
    await expect(packed(text, level)).rejects.toMatchObject({ code: 'OPTION_INVALID' })
  })

  it('throws what the source throws', async () => {
    const broken = { read: () => Promise.reject(new Error('broken source')) }
    await expect(encodeGzip(broken, collector(), { level: 'fast' })).rejects.toThrow('broken source')
  })
})

describe('gzip, read', () => {
  const data = text.subarray(0, 20_000)
  const member = gzipSync(data)
  const read = (file: Uint8Array, portion?: number) => unpacked(decodeGzip(inputOf(file, portion), LIMITS))
  const changed = (at: number, value: number) => {
    const copy = Buffer.from(member)
    copy[at < 0 ? copy.length + at : at]! ^= value
    return copy
  }

  // Portions of one byte and of the file's length put the ends of members at the ends of chunks.
  it.each([undefined, 1, 97, member.length])(
    'takes several members, and zeros after them (portions of %s)',
    async portion => {
      const other = gzipSync(Buffer.alloc(0))
      const files = [Buffer.concat([member, other, member]), Buffer.concat([member, member, Buffer.alloc(1500)])]
      for (const file of files) expect((await read(file, portion)).equals(Buffer.concat([data, data]))).toBe(true)
    },
  )

  it.each<[string, Uint8Array]>([
    ['an empty file', Buffer.alloc(0)],
    ['another format', Buffer.from('PK\x03\x04 and so on')],
    ['zeros', Buffer.alloc(1024)],
    ['a cut header', member.subarray(0, 6)],
    ['cut data', member.subarray(0, member.length / 2)],
    ['a missing trailer', member.subarray(0, -8)],
    ['a cut trailer', member.subarray(0, -3)],
    ['a wrong checksum', changed(-8, 1)],
    ['a wrong length', changed(-4, 1)],
    ['another method', changed(2, 1)],
    ['reserved flags', changed(3, 0x80)],
    ['a changed byte', changed(member.length >> 1, 4)],
    ['garbage after it', Buffer.concat([member, Buffer.from('garbage after the member')])],
    ['one byte after it', Buffer.concat([member, Buffer.from('x')])],
    ['garbage after zeros', Buffer.concat([member, Buffer.alloc(600), Buffer.from('x')])],
    ['a member after zeros', Buffer.concat([member, Buffer.alloc(600), member])],
    ['a second member that is cut', Buffer.concat([member, member.subarray(0, -1)])],
    ['a second member of one byte', Buffer.concat([member, member.subarray(0, 1)])],
  ])('refuses %s', async (_name, file) => {
    for (const portion of [undefined, 1, 97, member.length]) {
      await expect(read(file, portion)).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' })
    }
  })

  it('throws what the input throws, and only that', async () => {
    const broken = async function* () {
      yield member.subarray(0, 1000)
      throw new Error('broken disk')
    }
    await expect(unpacked(decodeGzip({ name: 'x', chunks: broken }, LIMITS))).rejects.toThrow('broken disk')
  })

  it('lets go of the input when nobody reads on', async () => {
    let closed = false
    const chunks = async function* () {
      try {
        const file = await packed(mixed)
        for (let at = 0; at < file.length; at += 100_000) yield file.subarray(at, at + 100_000)
      } finally {
        closed = true
      }
    }
    for await (const chunk of decodeGzip({ name: 'x', path: '/x', chunks }, LIMITS)) {
      expect(chunk.length).toBeGreaterThan(0)
      break
    }
    expect(closed).toBe(true)
  })

  it('does not wait for a stream that brings no more once the data is wrong', async () => {
    const stalled = async function* () {
      yield changed(member.length >> 1, 4)
      await new Promise(() => undefined)
    }
    await expect(unpacked(decodeGzip({ name: 'x', chunks: stalled }, LIMITS))).rejects.toMatchObject({
      code: 'ARCHIVE_INVALID',
    })
  })

  it('reads any change of a good file as the same data or refuses it', async () => {
    const small = sentences(3000, 9)
    const good = await packed(Buffer.concat([small, randomBytes(500)]))
    const expected = gunzipSync(good)
    const outcomes = await changeBytes(good, expected, read, 3000)
    // Only time, hints and system of the header may change unseen.
    expect(outcomes.refused).toBeGreaterThan(1500)
  })
})
