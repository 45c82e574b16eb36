import { describe, expect, it } from 'vitest'
import { readTar } from '../../src/archive/tar/read.js'
import { inputOf } from '../support/archive-data.js'
import { base256, END, GNU, globalPax, long, octal, type Part, pax, readAll, tar, V7 } from './tar-parts.js'

const LIMITS = { header: 2 ** 20 }
const a: Part = { name: 'a', content: 'some content' }
const path = 'p'.repeat(150)
const GIB = 2 ** 30
/** What star keeps in the last bytes of the prefix. */
const starTimes = (header: Buffer) => header.write('11213575217 11213575217 \0\0\0\0\0\0\0\0tar\0', 476, 'latin1')

describe('a tar archive is read', () => {
  it.each<[title: string, parts: Part[], found: object]>([
    ['of ustar', [a], { name: 'a', kind: 'file', size: 12, executable: false }],
    ['of GNU', [{ ...a, magic: GNU }], { name: 'a' }],
    ['of before POSIX', [{ ...a, magic: V7, type: '\0' }], { name: 'a' }],
    ['of ustar without a version', [{ ...a, magic: 'ustar\0\0\0' }], { name: 'a' }],
    ['of star', [{ ...a, prefix: 'd', change: starTimes }], { name: 'd/a' }],
    ['with a name that fills its field', [{ ...a, name: 'n'.repeat(100) }], { name: 'n'.repeat(100) }],
    ['with a prefix', [{ ...a, prefix: 'd/e' }], { name: 'd/e/a' }],
    ['with a prefix that fills its field', [{ ...a, prefix: 'd'.repeat(155) }], { name: `${'d'.repeat(155)}/a` }],
    ["without GNU's times in place of one", [{ ...a, prefix: octal(1), magic: GNU }], { name: 'a' }],
    ['with the prefix that Go put into GNU headers', [{ ...a, prefix: 'd/e', magic: GNU }], { name: 'd/e/a' }],
    ['with a name as it is', [{ ...a, name: './d//a' }], { name: './d//a' }],
    ['with a name in UTF-8', [{ ...a, name: Buffer.from('日本') }], { name: '日本' }],
    ['with no name', [{ ...a, name: '' }], { name: '' }],
    ['of a contiguous file', [{ ...a, type: '7' }], { kind: 'file', size: 12 }],
    ['of a folder', [{ name: 'd/', type: '5', mode: '0000755\0' }], { name: 'd/', kind: 'dir', executable: true }],
    ['of a folder that tells room it needs', [{ type: '5', size: 4096 }], { kind: 'dir', content: '' }],
    ['of a folder by its slash, before POSIX', [{ name: 'd/', magic: V7, type: '\0', size: 1 }], { kind: 'dir' }],
    ['of a folder by its slash', [{ name: 'd/' }], { kind: 'dir' }],
    ['of a link', [{ type: '2', link: '../x' }], { kind: 'link', target: '../x', content: '' }],
    ['of a link that fills its field', [{ type: '2', link: 'l'.repeat(100) }], { target: 'l'.repeat(100) }],
    ['of a hard link', [{ type: '1', link: 'a' }], { kind: 'hardlink', target: 'a', content: '' }],
    ['of a file with a stray link target', [{ ...a, link: 'x\0y\xff' }], { name: 'a', kind: 'file' }],
    ['with odd owners and times', [{ ...a, change: header => header.fill('?', 108, 124).fill('?', 136, 148) }], {}],
    ['behind the name of the archive', [{ type: 'V', name: 'label' }, a], { index: 0, name: 'a' }],
  ])('%s', async (_, parts, found) => {
    const entries = await readAll(tar(parts))
    expect(entries).toEqual([expect.objectContaining({ content: parts.at(-1)?.content ?? '', ...found })])
  })

  it.each([
    ['with zeros before', '00000000014\0'],
    ['with spaces before', '         14\0'],
    ['with spaces behind', '14         \0'],
    ['with a space and a NUL behind', '000000014 \0\0'],
    ['that fill the field', '000000000014'],
    ['not octal but binary', base256(12n)],
  ])('with numbers %s', async (_, size) => {
    expect(await readAll(tar([{ ...a, size }]))).toMatchObject([{ size: 12, content: 'some content' }])
  })

  it.each([
    ['0000644\0', false],
    ['0000755\0', true],
    ['0000100\0', true],
    ['0000077\0', false],
    ['0106755\0', true],
    [' 100644 ', false],
    ['\0'.repeat(8), false],
    [base256(0o755n, 8), true],
  ])('with the mode %j', async (mode, executable) => {
    expect(await readAll(tar([{ ...a, mode }]))).toMatchObject([{ executable }])
  })

  it.each<[title: string, parts: Part[], found: object]>([
    ["GNU's long name", [long('L', path), { ...a, name: path.slice(0, 100) }], { name: path }],
    ['one without a NUL', [{ ...long('L', ''), content: path }, a], { name: path }],
    [
      'one cut within a character',
      [long('L', 'é'.repeat(80)), { ...a, name: `${'x'.padEnd(99)}\xc3` }],
      { name: 'é'.repeat(80) },
    ],
    ["GNU's long link", [long('K', path), { type: '2', link: 'x' }], { target: path }],
    ['both', [long('K', 'k'), long('L', 'l'), { type: '2' }], { name: 'l', target: 'k' }],
    ["one's slash at the end", [long('L', 'd/'), { name: 'd' }], { kind: 'dir' }],
    ['a long link for a file', [long('K', 'x'), a], { name: 'a', kind: 'file' }],
    ['a pax path', [pax(['path', '日本']), a], { name: '日本' }],
    ['a pax path of digits', [pax(['path', '12345']), a], { name: '12345' }],
    ['a pax path with newline and =', [pax(['path', 'a=b\nc']), a], { name: 'a=b\nc' }],
    ['a pax linkpath', [pax(['linkpath', path]), { type: '2', link: 'x' }], { target: path }],
    ['a pax linkpath for a file', [pax(['linkpath', path]), a], { name: 'a', kind: 'file' }],
    ['a pax size that is that of the header', [pax(['size', '12']), a], { size: 12 }],
    ['pax records of no concern', [pax(['mtime', 'NaN'], ['uid', '-1'], ['x', '']), a], { name: 'a' }],
    [
      'attributes of any bytes',
      [pax(['SCHILY.xattr.user.x', Buffer.from([0, 255, 10, 61])], ['path', 'x']), a],
      { name: 'x' },
    ],
    ['no pax records', [pax(), a], { name: 'a' }],
    ['what a global header may say', [globalPax(['comment', 'x'], ['mtime', '1']), a], { name: 'a' }],
    ['several of them', [globalPax(['a', 'b']), globalPax(['a', 'c']), pax(['path', 'x']), a], { name: 'x' }],
  ])('with %s', async (_, parts, found) => {
    expect(await readAll(tar(parts))).toEqual([expect.objectContaining({ index: 0, ...found })])
  })

  it('with pax records and long names for their own entry only', async () => {
    const found = await readAll(tar([pax(['path', 'x']), a, a, long('L', 'y'), a, a]))
    expect(found.map(({ name }) => name)).toEqual(['x', 'a', 'y', 'a'])
  })

  it.each([8 * GIB, 2 ** 50])('with a size of %i bytes in a pax record', async size => {
    for (const inHeader of [octal(0), octal(8 * GIB - 1), base256(BigInt(size))]) {
      const archive = tar([pax(['size', String(size)]), { ...a, size: inHeader }])
      for await (const entry of readTar(inputOf(archive).chunks(), LIMITS)) {
        expect(entry.size).toBe(size)
        break
      }
    }
  })
})

describe('a tar archive may end with', () => {
  it.each([
    ['two blocks of zeros', END],
    ['one', Buffer.alloc(512)],
    ['as many as fill a record', Buffer.alloc(10_240)],
    ['zeros without end', Buffer.alloc(5_000_001)],
    ['zeros that fill no block', Buffer.alloc(700)],
  ])('%s', async (_, end) => {
    expect(await readAll(tar([a], end), 70_000)).toHaveLength(1)
  })

  it('nothing else: cut off anywhere before, it is refused', async () => {
    const whole = tar([globalPax(['comment', 'x']), a, long('L', path), { name: 'b', content: 'x'.repeat(1000) }], '')
    for (let length = 0; length <= whole.length; length += length % 512 === 0 ? 1 : 73) {
      await expect(readAll(whole.subarray(0, length))).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' })
    }
    expect(await readAll(Buffer.concat([whole, Buffer.alloc(512)]))).toHaveLength(2)
  })
})

describe('entries are handed out', () => {
  const parts = Array.from({ length: 20 }, (_, index) => ({ name: `${index}`, content: 'x'.repeat(index * 200) }))

  it('whether their content is read or not', async () => {
    for (const portion of [100, 512, 100_000]) {
      const names: string[] = []
      for await (const { name, body } of readTar(inputOf(tar(parts), portion).chunks(), LIMITS)) {
        names.push(name)
        if (Number(name) % 3 === 0) for await (const _ of body) break
      }
      expect(names).toEqual(parts.map(({ name }) => name))
    }
  })

  it('with a content that is gone when the next is asked for', async () => {
    const entries = readTar(inputOf(tar(parts)).chunks(), LIMITS)[Symbol.asyncIterator]()
    await entries.next()
    const { value } = await entries.next()
    const content = value?.body[Symbol.asyncIterator]()
    await entries.next()
    expect(await content?.next()).toEqual({ done: true, value: undefined })
  })

  it('in parts of the chunks, uncopied and never empty', async () => {
    const archive = tar([{ name: 'a', content: 'x'.repeat(3000) }])
    const chunks = [archive.subarray(0, 512), archive.subarray(512, 2000), new Uint8Array(), archive.subarray(2000)]
    const found: Uint8Array[] = []
    async function* input() {
      yield* chunks
    }
    for await (const { body } of readTar(input(), LIMITS)) for await (const chunk of body) found.push(chunk)
    expect(found.map(({ length }) => length)).toEqual([1488, 1512])
    expect(found.every(chunk => chunk.buffer === archive.buffer)).toBe(true)
  })

  it('until nobody wants more, or something is wrong: then the input is closed', async () => {
    let closed = 0
    const use = async (archive: Buffer, stop: boolean) => {
      async function* input() {
        try {
          yield archive
          yield Buffer.alloc(1)
        } finally {
          closed += 1
        }
      }
      for await (const _ of readTar(input(), LIMITS)) if (stop) return
    }
    await use(tar([a, a]), true)
    expect(closed).toBe(1)
    await expect(use(tar([a, { ...a, checksum: '0' }]), false)).rejects.toThrow('checksum')
    expect(closed).toBe(2)
  })

  it('and errors of the input as they are', async () => {
    async function* input() {
      yield tar([a]).subarray(0, 515)
      throw new Error('broken pipe')
    }
    const read = async () => {
      for await (const { body } of readTar(input(), LIMITS)) for await (const _ of body);
    }
    await expect(read()).rejects.toThrow('broken pipe')
  })
})
