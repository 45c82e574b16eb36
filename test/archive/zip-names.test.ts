import { describe, expect, it } from 'vitest'
import { type Part, readBytes, unicodePath, zip } from './zip-parts.js'

const UTF8 = 0x800
const DOS = 0
const UNIX = 3
const NTFS = 10
const DARWIN = 19
/** `é` in code page 437, `Ç` and a control character's neighbours in others. */
const cp437 = Buffer.from([0x82, 0x2e, 0x74])

describe('the name of an entry in a zip archive', () => {
  it.each<[title: string, part: Part, name: string]>([
    ['ASCII', { name: 'a/b.txt' }, 'a/b.txt'],
    ['UTF-8, as its flag says', { name: 'é/日本', flags: UTF8 }, 'é/日本'],
    ['UTF-8 that a tool of Unix left unmarked', { name: 'é/日本' }, 'é/日本'],
    ['UTF-8 that a tool of macOS left unmarked', { name: 'é', host: DARWIN }, 'é'],
    ['code page 437 from DOS', { name: 'é', host: DOS }, '├⌐'],
    ['code page 437 where it is no UTF-8', { name: cp437 }, 'é.t'],
    ['the last of code page 437', { name: Buffer.of(0x80, 0xe6, 0xfe, 0xff) }, 'Çµ■\u00a0'],
    ['a Unicode path made for it', { name: cp437, extra: unicodePath('日.t', cp437) }, '日.t'],
    ['one in the directory alone', { name: cp437, central: { extra: unicodePath('日.t', cp437) } }, '日.t'],
    [
      'one that says the same again',
      { name: 'a', extra: Buffer.concat([unicodePath('a', 'a'), unicodePath('a', 'a')]) },
      'a',
    ],
    ['a backslash from DOS', { name: 'a\\b', host: DOS }, 'a/b'],
    ['a backslash from Windows', { name: '..\\b', host: NTFS }, '../b'],
    ['a backslash from Windows in UTF-8', { name: 'é\\b', flags: UTF8, host: NTFS }, 'é/b'],
    ['a backslash from Unix', { name: 'a\\b' }, 'a\\b'],
    ['a backslash that may be half of a character', { name: Buffer.of(0x8f, 0x5c), host: DOS }, 'Å\\'],
    ['what is left to others to judge', { name: '/../a//\0' }, '/../a//\0'],
  ])('%s', async (_, part, name) => {
    expect((await readBytes(zip([part]))).map(entry => entry.name)).toEqual([name])
  })

  it.each<[title: string, part: Part, message: RegExp]>([
    ['none', { name: '' }, /has no name/],
    ['no UTF-8 where it says so', { name: Buffer.of(0xff), flags: UTF8 }, /not UTF-8, as it says/],
    ['a Unicode path that differs from ASCII', { name: 'a', extra: unicodePath('b', 'a') }, /second, different name/],
    ['one that differs from UTF-8', { name: 'é', flags: UTF8, extra: unicodePath('b', 'é') }, /second, different name/],
    ['one made for another name', { name: cp437, extra: unicodePath('b', 'x') }, /made for another name/],
    ['one of an unknown version', { name: cp437, extra: unicodePath('b', cp437, 2) }, /damaged/],
    ['one that is no UTF-8', { name: cp437, extra: Buffer.from([0x75, 0x70, 6, 0, 1, 0, 0, 0, 0, 0xff]) }, /damaged/],
    ['one too short', { name: 'a', extra: Buffer.from([0x75, 0x70, 1, 0, 1]) }, /damaged/],
    [
      'two that differ',
      { name: cp437, extra: Buffer.concat([unicodePath('b', cp437), unicodePath('c', cp437)]) },
      /damaged/,
    ],
    [
      'another one in the local header',
      { name: cp437, central: { extra: unicodePath('b', cp437) }, local: { extra: unicodePath('c', cp437) } },
      /another name in a Unicode path/,
    ],
    [
      'one in the local header alone',
      { name: cp437, local: { extra: unicodePath('b', cp437) } },
      /another name in a Unicode path/,
    ],
  ])('is refused: %s', async (_, part, message) => {
    const reading = readBytes(zip([part]))
    await expect(reading).rejects.toThrow(message)
    await expect(reading).rejects.toMatchObject({ code: 'ENTRY_NAME' })
  })

  it('is shown cut off when it is long', async () => {
    const reading = readBytes(zip([{ name: 'x'.repeat(65_535), crc: 9 }]))
    await expect(reading).rejects.toThrow(`"${'x'.repeat(200)}…"`)
  })
})

describe('the kind of an entry in a zip archive', () => {
  const mode = (bits: number, dos = 0): number => bits * 0x10000 + dos

  it.each<[title: string, part: Part, found: object]>([
    ['a file', { name: 'a', attributes: mode(0o100644) }, { kind: 'file', executable: false }],
    ['a file that its owner executes', { name: 'a', attributes: mode(0o100700) }, { kind: 'file', executable: true }],
    ['a file that others execute', { name: 'a', attributes: mode(0o100611) }, { kind: 'file', executable: false }],
    ['a file with setuid', { name: 'a', attributes: mode(0o104755) }, { kind: 'file', executable: true }],
    ['a file without a kind', { name: 'a', attributes: mode(0o755) }, { kind: 'file', executable: true }],
    ['a file of macOS', { name: 'a', attributes: mode(0o100755), host: DARWIN }, { kind: 'file', executable: true }],
    [
      'a file from Windows',
      { name: 'a', attributes: mode(0o100755, 0x20), host: NTFS },
      { kind: 'file', executable: false },
    ],
    [
      'a file read from a pipe',
      { name: '-', attributes: mode(0o010644), content: 'x' },
      { kind: 'file', executable: false },
    ],
    ['a folder', { name: 'a/', attributes: mode(0o040755, 0x10) }, { kind: 'dir', executable: false }],
    ['a folder by its name', { name: 'a/', attributes: mode(0o100644) }, { kind: 'dir', executable: false }],
    ['a folder by its mode', { name: 'a', attributes: mode(0o040755) }, { kind: 'dir', executable: false }],
    ['a folder by its DOS attributes', { name: 'a', attributes: 0x10, host: DOS }, { kind: 'dir', executable: false }],
    ['a folder by a backslash', { name: 'a\\', host: DOS }, { kind: 'dir', executable: false }],
    ['a folder that is deflated', { name: 'a/', method: 8 }, { kind: 'dir', executable: false }],
    ['a link', { name: 'l', attributes: mode(0o120777), content: '../é' }, { kind: 'link', target: '../é' }],
    [
      'a link that is deflated',
      { name: 'l', attributes: mode(0o120777), content: 'a', method: 8 },
      { kind: 'link', target: 'a' },
    ],
    ['a link to nothing', { name: 'l', attributes: mode(0o120777) }, { kind: 'link', target: '' }],
  ])('%s', async (_, part, found) => {
    const [entry] = await readBytes(zip([part]))
    expect(entry).toMatchObject(found)
    expect(entry?.content.toString()).toBe('target' in found ? '' : String(part.content ?? ''))
  })

  it.each<[title: string, part: Part, code: string, message: RegExp]>([
    ['a character device', { name: 'a', attributes: mode(0o020644) }, 'ENTRY_KIND', /device or a socket/],
    ['a block device', { name: 'a', attributes: mode(0o060644) }, 'ENTRY_KIND', /device or a socket/],
    ['a socket', { name: 'a', attributes: mode(0o140644) }, 'ENTRY_KIND', /device or a socket/],
    ['a kind that there is not', { name: 'a', attributes: mode(0o150644) }, 'ENTRY_KIND', /device or a socket/],
    [
      'a device from Windows',
      { name: 'a', attributes: mode(0o060644), host: NTFS },
      'ENTRY_KIND',
      /device or a socket/,
    ],
    [
      'a link from DOS',
      { name: 'a', attributes: mode(0o120777), content: 'x', host: DOS },
      'ENTRY_KIND',
      /link by its mode/,
    ],
    [
      'a link named like a folder',
      { name: 'a/', attributes: mode(0o120777), content: 'x' },
      'ENTRY_KIND',
      /link by its mode/,
    ],
    [
      'a link to what is no UTF-8',
      { name: 'a', attributes: mode(0o120777), content: Buffer.of(255) },
      'ENTRY_NAME',
      /target is not UTF-8/,
    ],
    [
      'a link with a wrong checksum',
      { name: 'a', attributes: mode(0o120777), content: 'x', crc: 1 },
      'ARCHIVE_INVALID',
      /checksum/,
    ],
    [
      'a link too long',
      { name: 'a', attributes: mode(0o120777), content: 'x'.repeat(1025) },
      'LIMIT_EXCEEDED',
      /longer path/,
    ],
    [
      'a link that claims to be long',
      { name: 'a', attributes: mode(0o120777), content: 'x', method: 8, size: 2 ** 31 },
      'LIMIT_EXCEEDED',
      /longer path/,
    ],
    ['a folder with a checksum', { name: 'a/', crc: 1, host: UNIX }, 'ARCHIVE_INVALID', /checksum/],
  ])('is refused: %s', async (_, part, code, message) => {
    const reading = readBytes(zip([part]))
    await expect(reading).rejects.toThrow(message)
    await expect(reading).rejects.toMatchObject({ code })
  })
})
