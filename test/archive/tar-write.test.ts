import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { OpenedFile, PackEntry, PackFile } from '../../src/archive/entries.js'
import { tarSource } from '../../src/archive/tar/write.js'
import { isBentoError } from '../../src/core/errors.js'
import { sourceOf } from '../support/archive-data.js'
import { drained, readAll, written } from './tar-parts.js'
import { fileOf } from './zip-parts.js'

const RECORD = 10_240
const GIB = 2 ** 30

const tree: PackEntry[] = [
  { kind: 'dir', path: 'empty' },
  { kind: 'link', path: 'link', target: 'run.sh' },
  fileOf('run.sh', '#!/bin/sh\n', true),
  { kind: 'dir', path: 'src' },
  fileOf('src/a', ''),
  fileOf('src/b', 'x'.repeat(512)),
  fileOf('src/日本', 'y'.repeat(1500)),
]

/** Text of a field of the header that begins at `at`. */
const field = (archive: Buffer, at: number, offset: number, length: number) =>
  archive.toString('latin1', at + offset, at + offset + length).replace(/\0+$/, '')

/** A file that counts how often it is open. */
function watched(path: string, size: number, content: OpenedFile['read']): PackFile & { open: PackFile['open'] } {
  return {
    kind: 'file',
    path,
    size,
    executable: false,
    async open() {
      opened += 1
      most = Math.max(most, opened)
      return {
        read: content,
        async close() {
          opened -= 1
        },
      }
    },
  }
}
let opened = 0
let most = 0

describe('a tar archive', () => {
  it('has these bytes', async () => {
    const archive = await written([fileOf('a', 'content', true)])
    expect(archive.toString('latin1', 0, 512)).toBe(
      `./${'\0'.repeat(98)}0000755\x000000000\x000000000\x0000000000000\x0002263523000\x00007371\0 5${'\0'.repeat(100)}ustar\x0000${'\0'.repeat(64)}0000000\x000000000\0${'\0'.repeat(167)}`,
    )
    expect(archive.toString('latin1', 512, 1024)).toBe(
      `./a${'\0'.repeat(97)}0000755\x000000000\x000000000\x0000000000007\x0002263523000\x00007534\0 0${'\0'.repeat(100)}ustar\x0000${'\0'.repeat(64)}0000000\x000000000\0${'\0'.repeat(167)}`,
    )
    expect(archive.toString('latin1', 1024, 1031)).toBe('content')
    expect(archive.subarray(1031).every(byte => byte === 0)).toBe(true)
    expect(archive.length).toBe(RECORD)
  })

  it('stays the same in all versions to come', async () => {
    const sum = createHash('sha256')
      .update(await written(tree))
      .digest('hex')
    expect(sum).toMatchInlineSnapshot(`"57dc49781ae426f0bcbd70749f1c145e51b478b8ec30e4fa1c47378cf32fc603"`)
  })

  it.each([1, 7, 511, 512, 513, 65_536])('is the same in portions of %i bytes', async portion => {
    expect((await written(tree, portion)).equals(await written(tree, 1 << 20))).toBe(true)
  })

  it.each<[title: string, entries: PackEntry[]]>([
    ['nothing', []],
    ['all kinds', tree],
    ['exactly one record', [fileOf('a', Buffer.alloc(RECORD - 4 * 512))]],
    ['one byte more', [fileOf('a', Buffer.alloc(RECORD - 4 * 512 + 1))]],
    ['pax records', [fileOf('é'.repeat(500), 'x'), { kind: 'link', path: 'l', target: 'ü' }]],
  ])('knows its size ahead: %s', async (_, entries) => {
    const { size } = tarSource(entries, { mtime: 0 })
    expect(size).toBe((await written(entries)).length)
    expect(size % RECORD).toBe(0)
  })

  it('holds modes 0644 and 0755 only, links as 0777', async () => {
    const archive = await written([fileOf('a', ''), fileOf('b', '', true), { kind: 'link', path: 'c', target: 'a' }])
    expect([0, 512, 1024, 1536].map(at => field(archive, at, 100, 8))).toEqual([
      '0000755',
      '0000644',
      '0000755',
      '0000777',
    ])
  })

  it.each([-1, 0.5, Number.NaN, 8 ** 11])('refuses the time %f', mtime => {
    expect(() => tarSource([], { mtime })).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
  })

  it('takes any other time', async () => {
    const archive = await drained(tarSource([], { mtime: 8 ** 11 - 1 }))
    expect(field(archive, 0, 136, 12)).toBe('77777777777')
  })
})

describe('a long name is kept', () => {
  const dirs = (bytes: number) => `${'d'.repeat(49)}/`.repeat(Math.ceil(bytes / 50)).slice(0, bytes)

  it.each<[title: string, path: string, where: { name: string; prefix: string; pax: boolean }]>([
    ['of 100 bytes, in the name', 'n'.repeat(98), { name: `./${'n'.repeat(98)}`, prefix: '', pax: false }],
    ['of 101 bytes, in both', 'n'.repeat(99), { name: 'n'.repeat(99), prefix: '.', pax: false }],
    ['of 102 bytes, in both', 'n'.repeat(100), { name: 'n'.repeat(100), prefix: '.', pax: false }],
    ['of 103 bytes, in a record', 'n'.repeat(101), { name: `./${'n'.repeat(98)}`, prefix: '', pax: true }],
    [
      'of 256 bytes, in both',
      `${'d'.repeat(153)}/${'n'.repeat(100)}`,
      { name: 'n'.repeat(100), prefix: `./${'d'.repeat(153)}`, pax: false },
    ],
    [
      'of 257 bytes, in a record',
      `${'d'.repeat(154)}/${'n'.repeat(100)}`,
      { name: `./${'d'.repeat(98)}`, prefix: '', pax: true },
    ],
    [
      'of folders that end where a folder would, in a record',
      `${'d'.repeat(97)}/${dirs(250)}n`,
      { name: `./${'d'.repeat(97)}_`, prefix: '', pax: true },
    ],
    ['beyond ASCII, in a record', 'é', { name: './_', prefix: '', pax: true }],
  ])('%s', async (_, path, { name, prefix, pax }) => {
    const archive = await written([fileOf(path, 'content')])
    const at = pax ? archive.indexOf('ustar', 1024 + 512) - 257 : 512
    expect(field(archive, 512, 156, 1)).toBe(pax ? 'x' : '0')
    expect([field(archive, at, 0, 100), field(archive, at, 345, 155)]).toEqual([name, prefix])
    expect((await readAll(archive)).at(-1)).toMatchObject({ name: `./${path}`, content: 'content' })
  })

  it.each([97, 98, 99, 100, 101, 150, 300])('of a folder of %i bytes', async length => {
    const path = 'd'.repeat(length)
    const found = await readAll(await written([{ kind: 'dir', path }]))
    expect(found.at(-1)).toMatchObject({ name: `./${path}/`, kind: 'dir' })
  })

  it.each(['t'.repeat(100), 't'.repeat(101), 'ü', '../x'])('of a link: %s', async target => {
    const archive = await written([{ kind: 'link', path: 'l', target }])
    expect((await readAll(archive)).at(-1)).toMatchObject({ kind: 'link', target })
    expect(field(archive, 512, 156, 1)).toBe(target.length <= 100 && target !== 'ü' ? '2' : 'x')
  })
})

describe('a large file', () => {
  it.each([
    [8 * GIB - 1, '0', '77777777777'],
    [8 * GIB, 'x', '00000000000'],
    [5000 * GIB, 'x', '00000000000'],
  ])('of %i bytes has its size in the header or a record', async (size, type, inHeader) => {
    const zeros = watched('big', size, async into => into.fill(0).length)
    const source = tarSource([zeros], { mtime: 0 })
    const into = Buffer.alloc(4096)
    await source.read(into)
    await source.close()
    expect(field(into, 512, 156, 1)).toBe(type)
    expect(field(into, type === 'x' ? 1536 : 512, 124, 12)).toBe(inHeader)
    if (type === 'x') expect(field(into, 1024, 0, 30)).toContain(` size=${size}\n`)
    expect(source.size).toBeGreaterThan(size)
    expect(opened).toBe(0)
  })
})

describe('a file that changes while it is packed', () => {
  it.each<[title: string, size: number, found: number]>([
    ['to less', 100, 99],
    ['to nothing', 100, 0],
    ['to more', 100, 101],
    ['from nothing to more', 0, 1],
    ['much, to less', 500_000, 70_000],
    ['much, to more', 500_000, 500_001],
  ])('%s is refused, and nothing is left open', async (_, size, found) => {
    const content = sourceOf(Buffer.alloc(found))
    const others = [fileOf('a', 'x'), watched('changed', size, into => content.read(into)), fileOf('z', 'x')]
    const source = tarSource(others, { mtime: 0 })
    const refusal = drained(source, 65_536)
    await expect(refusal).rejects.toThrow(/^"changed" changed while it was packed: it has /)
    await expect(refusal).rejects.toSatisfy(error => isBentoError(error, 'SOURCE_CHANGED'))
    await expect(source.read(Buffer.alloc(10))).rejects.toThrow(/changed while/)
    await source.close()
    expect(opened).toBe(0)
  })

  it('or cannot be read: its own error comes, and all are closed', async () => {
    const fine = Array.from({ length: 50 }, (_, index) => watched(`a${index}`, 0, async () => 0))
    const bad = watched('bad', 10, () => Promise.reject(new Error('EIO')))
    const large = watched('large', GIB, async into => into.fill(1).length)
    const source = tarSource([...fine, bad, large], { mtime: 0 })
    await expect(source.read(Buffer.alloc(1 << 20))).rejects.toThrow('EIO')
    await source.close()
    expect(opened).toBe(0)
  })
})

describe('files', () => {
  it('that are small are read several at once, though not too many', async () => {
    const turn = () => new Promise<number>(resolve => setImmediate(() => resolve(0)))
    const files = Array.from({ length: 300 }, (_, index) => watched(`f${index}`, 0, turn))
    most = 0
    await written(files, 1 << 20)
    expect(most).toBeGreaterThan(1)
    expect(most).toBeLessThanOrEqual(16)
    expect(opened).toBe(0)
  })

  it('under way are closed with the archive, once what is being read has been', async () => {
    let reads = 0
    const slow = watched('slow', GIB, async into => {
      await new Promise(resolve => setImmediate(resolve))
      reads += 1
      return into.length
    })
    const source = tarSource([slow], { mtime: 0 })
    await source.read(Buffer.alloc(4096))
    expect(opened).toBe(1)
    const reading = source.read(Buffer.alloc(4096))
    await source.close()
    expect([opened, reads]).toEqual([0, 2])
    await reading
  })

  it('come in whatever portions they are read', async () => {
    const data = Buffer.from(Array.from({ length: 3000 }, (_, index) => index))
    for (const portion of [1, 100, 511]) {
      const content = sourceOf(data)
      const file = watched('f', data.length, into => content.read(into.subarray(0, portion)))
      expect((await readAll(await written([file]))).at(-1)?.content).toBe(data.toString('latin1'))
    }
  })
})
