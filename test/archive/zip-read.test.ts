import { readdirSync, rmSync, truncateSync } from 'node:fs'
import { crc32, deflateRawSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { readZip } from '../../src/archive/zip/read.js'
import { LIMITS, numbers } from '../support/archive-data.js'
import { descriptor, extra, type Frame, type Part, readAll, readBytes, zip, zip64Extra, zipFile } from './zip-parts.js'

const MIB = 1024 * 1024
const random = numbers(7)
const noise = Buffer.from(Uint8Array.from({ length: 3 * MIB + 5 }, () => random() * 256))
const a: Part = { name: 'a', content: 'some content' }
const b: Part = { name: 'b', content: 'text '.repeat(99), method: 8 }
const FULL = 0xffffffff
const streamed: Part = { ...b, flags: 8 }
const told = { crc: crc32('text '.repeat(99)), packed: deflateRawSync('text '.repeat(99)).length, size: 495 }

describe('a zip archive is read with', () => {
  it.each<[title: string, part: Part]>([
    ['stored content', a],
    ['deflated content', b],
    ['much stored content', { name: 'a', content: noise }],
    ['much deflated content', { name: 'a', content: Buffer.concat([noise, Buffer.alloc(5 * MIB)]), method: 8 }],
    ['nothing in it', { name: 'a' }],
    ['nothing in it, deflated', { name: 'a', method: 8 }],
    ['a descriptor', streamed],
    ['a descriptor without signature', { ...streamed, behind: descriptor(told, { signed: false }) }],
    ['a descriptor of 64 bits', { ...streamed, behind: descriptor(told, { wide: true }) }],
    [
      'a descriptor of 64 bits without signature',
      { ...streamed, behind: descriptor(told, { wide: true, signed: false }) },
    ],
    ['a descriptor, and sizes in the local header', { ...streamed, local: told }],
    ['a descriptor behind stored content', { ...a, flags: 8 }],
    ['sizes in zip64 fields', { ...a, central: { size: FULL, packed: FULL, extra: zip64Extra(12, 12) } }],
    ['one size in a zip64 field', { ...a, central: { packed: FULL, extra: zip64Extra(12) } }],
    [
      'all in zip64 fields',
      {
        ...a,
        offset: FULL,
        local: { size: FULL, packed: FULL, extra: zip64Extra(12, 12) },
        central: { size: FULL, packed: FULL, extra: zip64Extra(12, 12, 0) },
      },
    ],
    ['zip64 fields that nothing needs', { ...a, central: { extra: zip64Extra(12, 12, 0) } }],
    ['padding for alignment', { ...a, extra: Buffer.alloc(3) }],
    [
      'extra fields of others',
      { ...a, extra: extra(0xcafe, Buffer.from('x')), local: { extra: extra(0x5455, Buffer.alloc(9)) } },
    ],
    ['a comment', { ...a, comment: Buffer.from('\x1b[2J') }],
  ])('%s', async (_, part) => {
    const [entry, ...more] = await readBytes(zip([part]))
    expect(entry?.content.equals(Buffer.from(part.content ?? ''))).toBe(true)
    expect(more).toEqual([])
  })

  it.each<[title: string, frame: Frame]>([
    ['a comment', { comment: Buffer.from('\x1b[2J') }],
    ['a zip64 end record', { zip64: {} }],
    ['a zip64 end record that is needed', { count: 0xffff, zip64: {} }],
    ['no disks, as writers of 3MF say', { zip64: { disks: 0 } }],
  ])('%s of its own', async (_, frame) => {
    expect(await readBytes(zip([a, b], frame))).toHaveLength(2)
  })

  it.each<[title: string, frame: Frame, message: RegExp]>([
    ['that contradicts', { zip64: { count: 1 } }, /contradict/],
    ['that places the directory elsewhere', { zip64: { start: 5 } }, /contradict/],
    ['that is elsewhere', { zip64: { at: 5 } }, /not where it says/],
    ['that is none', { zip64: { signature: 5 } }, /damaged zip64/],
    ['that holds more', { zip64: { size: 50 } }, /damaged zip64/],
    ['of several disks', { zip64: { disks: 2 } }, /several files/],
  ])('a zip64 end record, but not with one %s', async (_, frame, message) => {
    await expect(readBytes(zip([a, b], frame))).rejects.toThrow(message)
  })

  it('another archive in it, stored', async () => {
    const inner = zip([a])
    const [entry] = await readBytes(zip([{ name: 'inner.zip', content: inner }]))
    expect(entry?.content.equals(inner)).toBe(true)
  })
})

describe('the file of a zip archive', () => {
  const openFiles = () => readdirSync('/proc/self/fd').length
  const onLinux = it.skipIf(process.platform !== 'linux')

  onLinux('is closed when the consumer stops, wherever it does', async () => {
    const path = zipFile(zip([a, { name: 'n', content: noise }, { name: 'd', content: noise, method: 8 }, b]))
    const before = openFiles()
    for (let stop = 0; stop < 12; stop++) {
      let steps = 0
      reading: for await (const { body } of readZip(path, LIMITS)) {
        if (steps++ === stop) break
        for await (const _ of body) if (steps++ === stop) break reading
      }
      expect(openFiles()).toBe(before)
    }
    // Not even begun.
    await readZip(path, LIMITS).return(undefined)
    // Stopped while a content is half read, and nobody says so.
    const entries = readZip(path, LIMITS)
    for (let entry = 0; entry < 3; entry++) {
      const content = (await entries.next()).value.body[Symbol.asyncIterator]()
      await content.next()
      if (entry === 2) content.next()
    }
    await entries.return(undefined)
    expect(openFiles()).toBe(before)
  })

  onLinux('is closed after an error', async () => {
    const before = openFiles()
    for (const part of [
      { ...a, crc: 1 },
      { ...b, size: 1 },
      { name: 'd', content: noise, method: 8, crc: 3 },
    ]) {
      await expect(readBytes(zip([part]))).rejects.toThrow()
      await expect(readBytes(zip([part]).subarray(1))).rejects.toThrow()
    }
    expect(openFiles()).toBe(before)
  })

  it('may be passed over: what is wrong with a content is seen all the same', async () => {
    const names: string[] = []
    const reading = (async () => {
      for await (const { name } of readZip(zipFile(zip([b, { ...a, crc: 5 }])), LIMITS)) names.push(name)
    })()
    await expect(reading).rejects.toThrow(/"a", is damaged/)
    expect(names).toEqual(['b', 'a'])
  })

  it('may lie in another order than its directory tells', async () => {
    const whole = zip([a, b])
    const directory = whole.length - 22 - 2 * 47
    const swapped = Buffer.concat([
      whole.subarray(0, directory),
      whole.subarray(directory + 47, directory + 94),
      whole.subarray(directory, directory + 47),
      whole.subarray(-22),
    ])
    expect((await readBytes(swapped)).map(({ name }) => name)).toEqual(['a', 'b'])
  })

  it('is refused when it becomes shorter meanwhile, or is not there', async () => {
    const path = zipFile(zip([{ name: 'n', content: noise }]))
    const reading = (async () => {
      for await (const { body } of readZip(path, LIMITS)) {
        truncateSync(path, 1000)
        for await (const _ of body);
      }
    })()
    await expect(reading).rejects.toThrow(/became shorter/)
    rmSync(path)
    await expect(readAll(path)).rejects.toMatchObject({ code: 'IO_FAILED' })
  })
})
