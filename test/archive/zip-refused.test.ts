import { crc32, deflateRawSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { numbers } from '../support/archive-data.js'
import { descriptor, type Frame, type Part, readBytes, zip, zip64Extra } from './zip-parts.js'

const MIB = 1024 * 1024
const random = numbers(7)
const noise = Buffer.from(Uint8Array.from({ length: 3 * MIB + 5 }, () => random() * 256))
const a: Part = { name: 'a', content: 'some content' }
const b: Part = { name: 'b', content: 'text '.repeat(99), method: 8 }
const FULL = 0xffffffff
const streamed: Part = { ...b, flags: 8 }
const told = { crc: crc32('text '.repeat(99)), packed: deflateRawSync('text '.repeat(99)).length, size: 495 }
const wrong = { ...told, size: 494 }

/** In words what each refusal must speak of. */
type Case = [title: string, parts: Part[], frame: Frame, message: RegExp]

describe('a zip archive is refused with', () => {
  it.each<Case>([
    ['no entries', [], {}, /holds no entries/],
    ['bytes before the first entry', [a], { before: Buffer.from('MZ') }, /bytes before its first entry/],
    [
      'bytes before the first entry that offsets leave out',
      [{ ...a, offset: 0 }],
      { before: Buffer.alloc(9), start: 43 },
      /place or length/,
    ],
    ['bytes between entries', [{ ...a, behind: Buffer.from('gap') }, b], {}, /belong to nothing/],
    ['bytes before the directory', [a], { beforeDirectory: Buffer.from('gap') }, /belong to nothing/],
    ['bytes before the end record', [a], { beforeEnd: Buffer.from('gap') }, /place or length/],
    ['bytes behind the end record', [a], { behind: Buffer.from('gap') }, /bytes behind its end record/],
    ['a second archive behind', [a], { behind: zip([b]) }, /place or length/],
    [
      'an end record in the comment',
      [a],
      { comment: Buffer.concat([Buffer.from('x'), zip([b])]) },
      /place or length|two end records/,
    ],
    ['two end records that both fit', [a], { comment: zip([]) }, /two end records/],
    ['the directory beyond the end', [a], { start: 5000 }, /place or length/],
    ['a directory longer than its entries', [a], { beforeEnd: Buffer.from('gap'), length: 46 + 1 + 3 }, /not counted/],
    ['too high a count', [a], { count: 2 }, /more entries than/],
    ['a count beyond all directories', [a], { count: 65_000 }, /more entries than/],
    ['too low a count, which hides an entry', [a, b], { count: 1 }, /not counted/],
    ['several disks', [a], { disk: 1 }, /split over several files/],
    ['an entry on another disk', [{ ...a, disk: 1 }], {}, /split archive/],
    ['an entry twice over one content', [a, { ...a, name: 'b', offset: 0 }], {}, /overlaps/],
    [
      'an entry within another',
      [
        { ...a, content: zip([b]) },
        { ...b, offset: 31 },
      ],
      {},
      /overlaps/,
    ],
    ['contents that run into the directory', [{ ...a, packed: 99, size: 99 }], {}, /overlaps/],
  ])('%s', async (_, parts, frame, message) => {
    await expect(readBytes(zip(parts, frame))).rejects.toThrow(message)
  })

  it.each<[title: string, part: Part, message: RegExp]>([
    ['another name in the local header', { ...a, local: { name: 'x' } }, /another name/],
    ['another method there', { ...a, local: { method: 8 } }, /another method/],
    ['other flags there', { ...a, local: { flags: 8 } }, /other flags/],
    ['another checksum there', { ...a, local: { crc: 5 } }, /another checksum/],
    ['another size there', { ...a, local: { size: 5 } }, /other sizes/],
    ['another packed size there', { ...b, local: { packed: 5 } }, /other sizes/],
    ['other sizes there, with a descriptor to come', { ...streamed, local: { size: 5 } }, /other sizes/],
    ['no local header', { ...a, offset: 1 }, /before its first entry/],
    ['a wrong checksum', { ...a, crc: 5 }, /checksum is wrong/],
    ['a wrong checksum of a large content', { name: 'a', content: noise, crc: 5 }, /checksum is wrong/],
    [
      'a wrong checksum of a large deflated content',
      { name: 'a', content: noise, method: 8, crc: 5 },
      /checksum is wrong/,
    ],
    ['stored, yet of two sizes', { ...a, size: 5 }, /two different sizes/],
    ['more content than it declares', { ...b, size: 494 }, /more than the 494/],
    ['less content than it declares', { ...b, size: 496 }, /495 bytes, less than/],
    ['4 GiB declared in a few bytes', { ...b, size: FULL - 1 }, /495 bytes, less than/],
    [
      'much more content than it declares',
      { name: 'a', content: Buffer.alloc(9 * MIB), method: 8, size: 8 * MIB },
      /more than the 8388608/,
    ],
    [
      'bytes behind the end of deflate',
      { ...b, data: Buffer.concat([deflateRawSync('text '.repeat(99)), Buffer.of(0)]) },
      /behind the end/,
    ],
    [
      'many bytes behind it',
      { ...b, data: Buffer.concat([deflateRawSync('text '.repeat(99)), noise]) },
      /behind the end/,
    ],
    [
      'a large content and bytes behind it',
      { name: 'a', content: noise, method: 8, data: Buffer.concat([deflateRawSync(noise), Buffer.of(9)]) },
      /behind the end/,
    ],
    ['deflate cut off', { ...b, data: deflateRawSync('text '.repeat(99)).subarray(0, -3) }, /cannot be inflated/],
    [
      'long deflate cut off',
      { name: 'a', content: noise, method: 8, data: deflateRawSync(noise).subarray(0, -3) },
      /cannot be inflated/,
    ],
    ['broken deflate', { ...b, data: Buffer.alloc(40, 0xff) }, /cannot be inflated/],
    ['encryption', { ...a, flags: 1 }, /is encrypted/],
    ['strong encryption', { ...a, flags: 0x41 }, /is encrypted/],
    ['an encrypted directory', { ...a, flags: 0x2000 }, /is encrypted/],
    ['AES', { ...a, method: 99, flags: 1 }, /AES/],
    ['a patch', { ...a, flags: 0x20 }, /is a patch/],
    ['bzip2', { ...a, method: 12 }, /method 12, bzip2/],
    ['Zstandard', { ...a, method: 93 }, /method 93, zstd/],
    ['an unknown method', { ...a, method: 77 }, /method 77;/],
    ['a descriptor that says another size', { ...streamed, behind: descriptor(wrong) }, /data descriptor/],
    [
      'a descriptor of 64 bits that says another size',
      { ...streamed, behind: descriptor(wrong, { wide: true }) },
      /data descriptor/,
    ],
    [
      'a descriptor with bytes behind it',
      { ...streamed, behind: Buffer.concat([descriptor(told), Buffer.of(0)]) },
      /data descriptor/,
    ],
    ['no descriptor where one was announced', { ...streamed, behind: Buffer.alloc(0) }, /data descriptor/],
    ['a descriptor that was not announced', { ...b, behind: descriptor(told) }, /belong to nothing/],
    ['an extra field beyond its area', { ...a, central: { extra: Buffer.of(9, 9, 9, 0) } }, /runs past its end/],
    ['one in the local header', { ...a, local: { extra: Buffer.of(9, 9, 9, 0) } }, /runs past its end/],
    ['no zip64 field where one is needed', { ...a, central: { size: FULL, packed: FULL } }, /lacks the zip64 field/],
    [
      'a zip64 field that is too short',
      { ...a, central: { size: FULL, packed: FULL, extra: zip64Extra(12) } },
      /too short/,
    ],
    [
      'two zip64 fields',
      { ...a, central: { size: FULL, extra: Buffer.concat([zip64Extra(12), zip64Extra(12)]) } },
      /two zip64 fields/,
    ],
    ['a zip64 field that contradicts', { ...a, extra: zip64Extra(12, 13, 0) }, /contradicts/],
    ['an impossible zip64 size', { ...b, central: { size: FULL, extra: zip64Extra(2 ** 60) } }, /impossible size/],
    ['a folder with content', { ...a, name: 'a/' }, /folder that has content/],
    [
      'a folder with hidden content',
      { name: 'a/', data: Buffer.from('abc'), method: 8 },
      /cannot be inflated|behind the end/,
    ],
  ])('%s', async (_, part, message) => {
    const reading = readBytes(zip([part]))
    await expect(reading).rejects.toThrow(message)
    await expect(reading).rejects.toMatchObject({
      name: 'BentoError',
      code: expect.stringMatching(/^ARCHIVE_INVALID$/),
    })
  })

  it('a damaged local header', async () => {
    const data = zip([a])
    data[0] = 0
    await expect(readBytes(data)).rejects.toThrow(/does not begin where/)
  })

  it('a name that steers a terminal, and shows it harmless', async () => {
    const reading = readBytes(zip([{ ...a, name: '\x1b[2J\u009b"', flags: 0x800, crc: 5 }]))
    await expect(reading).rejects.toThrow(String.raw`Entry 0 of the zip archive, "\u001b[2J\x9b\"", is damaged`)
  })

  it.each([0, 1, 21, 22, 300])('%d bytes of noise', async length => {
    await expect(readBytes(noise.subarray(0, length))).rejects.toThrow(/no end record/)
  })

  it('any of its bytes missing at the end', async () => {
    const whole = zip([a, b, streamed])
    for (let length = 0; length < whole.length; length++) {
      await expect(readBytes(whole.subarray(0, length))).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' })
    }
  })

  it('more entries, longer headers or more memory than the limits allow', async () => {
    const many = zip([a, { ...b, comment: Buffer.alloc(500) }])
    await expect(readBytes(many, { entries: 1 })).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
    await expect(readBytes(many, { header: 500 })).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
    await expect(readBytes(many, { memory: 300 })).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
    expect(await readBytes(many, { entries: 2, header: 547, memory: 600 })).toHaveLength(2)
  })
})
