import { createHash } from 'node:crypto'
import { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, test } from 'vitest'
import { BentoError } from '../../src/core/errors.js'
import { scratchFolder } from '../support/home.js'
import { treeOf } from '../support/tree.js'
import { dir, file, hardlink, link, type Made, type PlaceTest, place } from './found.js'

/** The code and message of the refusal, which must come. */
async function refusal(entries: readonly Made[], test: PlaceTest = {}): Promise<BentoError> {
  const error = await place(scratchFolder(), entries, test).catch(error => error)
  expect(error).toBeInstanceOf(BentoError)
  return error
}

/** Paths, kinds and link targets of what comes of entries. */
async function outcome(entries: readonly Made[], test: PlaceTest = {}): Promise<string[]> {
  const into = scratchFolder()
  await place(into, entries, test)
  return treeOf(into).map(line => line.replace(/ [0-9a-f]{64}$/, ''))
}

const long = (count: number) => 'x'.repeat(count)

describe('names', () => {
  it.each([
    ['/x'],
    ['////x'],
    ['//host/share/x'],
    ['..'],
    ['../x'],
    ['a/../b'],
    ['a/..'],
    ['./../x'],
    ['C:/x'],
    ['C:x'],
    ['c:../x'],
    ['\\\\host\\share'],
    ['..\\x'],
    ['a\\b'],
    ['a\0b'],
    ['a\nb'],
    ['\u001b[31mred'],
    ['a\u009bb'],
    ['a\u202egnp.exe'],
    ['\ufeffa'],
    ['a\u007f'],
    ['\ud800'],
    [''],
    ['.'],
    ['./'],
    ['a/'],
    ['a/.'],
  ])('refuses a file %j, wherever it runs', async name => {
    const error = await refusal([file('first', '1'), file(name, 'x')])
    expect(error.code).toBe('ENTRY_NAME')
    expect(error.message).toMatch(/^Entry 1, "/)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they must not be there.
    expect(error.message).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e\ufeff]/)
    expect(error.details).toMatchObject({ entry: 1, name })
  })

  it.each([['/x'], ['..'], ['a/../b'], ['C:'], ['a\\'], ['']])('refuses a folder %j', async name => {
    expect((await refusal([dir(name)])).code).toBe('ENTRY_NAME')
  })

  it('brings names into their simplest form', async () => {
    const entries = [dir('./'), dir('./a//b/'), file('./a//b/./c', 'x'), file('.//d', 'y'), dir('a/./')]
    expect(await outcome(entries)).toEqual(['dir "a"', 'dir "a/b"', 'file "a/b/c"', 'file "d"'])
  })

  it('takes what is odd, but harmless', async () => {
    const names = ['-rf', ' ', 'a b', '...', '..a', '模型', 'né', '👩‍🔬', 'می‌خواهم', '12345', '$(x)', '__proto__', '~']
    expect(await outcome(names.map(name => file(name)))).toEqual(
      names.map(name => `file ${JSON.stringify(name)}`).sort(),
    )
  })

  it('makes folders that are not listed', async () => {
    expect(await outcome([file('a/b/c', 'x')])).toEqual(['dir "a"', 'dir "a/b"', 'file "a/b/c"'])
  })

  it('refuses an archive of nothing, and takes an empty folder', async () => {
    expect((await refusal([])).code).toBe('ARCHIVE_INVALID')
    expect(await outcome([dir('./')])).toEqual([])
  })

  it.each(['con', 'NUL.txt', 'a/com1', 'lpt¹.x', 'a.', 'a ', 'x/b ./c', 'ab:c', 'a?', 'PROGRA~1', 'conin$'])(
    'warns of %j, which Windows cannot keep',
    async name => {
      const { warnings } = await place(scratchFolder(), [file(name)])
      expect(warnings).toEqual([`Windows cannot keep these names: ${JSON.stringify(name)}.`])
    },
  )

  it.each(['console', 'a.con', 'com10', 'a~1b', 'file.~1~', '.a'])('does not warn of %j', async name => {
    expect((await place(scratchFolder(), [file(name)])).warnings).toEqual([])
  })
})

describe('places', () => {
  it.each<[string, Made[]]>([
    ['a file twice', [file('a'), file('a')]],
    ['a file twice in two forms', [file('a/b'), file('./a//b')]],
    ['a file, then a folder', [file('a'), dir('a')]],
    ['a folder, then a file', [dir('a'), file('a')]],
    ['a folder that was not listed, then a file', [file('a/b'), file('a')]],
    ['a file as a folder', [file('a'), file('a/b')]],
    ['a link, then a file', [file('x'), link('a', 'x'), file('a')]],
    ['a file, then a link', [file('x'), file('a'), link('a', 'x')]],
    ['a link twice', [file('x'), link('a', 'x'), link('a', 'x')]],
    ['a link as a folder', [dir('x'), link('a', 'x'), file('a/b')]],
    ['a hard link, then a file', [file('x'), hardlink('a', 'x'), file('a')]],
    ['a link, then a folder', [dir('x'), link('a', 'x'), dir('a')]],
  ])('refuses %s', async (_, entries) => {
    expect((await refusal(entries)).code).toBe('ENTRY_CLASH')
  })

  it('takes a folder twice', async () => {
    expect(await outcome([dir('a'), dir('a/'), file('a/b'), dir('./a')])).toEqual(['dir "a"', 'file "a/b"'])
  })

  const ALIKE = [
    ['README', 'readme'],
    ['caf\u00e9', 'cafe\u0301'],
    ['stra\u00dfe', 'STRASSE'],
    ['\ufb01le', 'file'],
    ['K', '\u212a'],
    ['\u03c3', '\u03c2'],
    ['a\u200db', 'ab'],
  ] as const

  it.each(ALIKE)('warns of %j and %j where the disk tells them apart', async (first, second) => {
    const { warnings } = await place(scratchFolder(), [file(first), file(second)])
    expect(warnings).toEqual([expect.stringMatching(/^Some disks take these names for the same: ".*" and ".*"\.$/)])
  })

  it.each(ALIKE)('refuses %j and %j where one is a link', async (first, second) => {
    for (const entries of [
      [file('x'), link(first, 'x'), file(second)],
      [file('x'), file(first), link(second, 'x')],
      [dir('x'), link(`d/${first}/l`, '../../x'), file(`d/${second}/l/y`)],
    ]) {
      expect((await refusal(entries)).code).toBe('ENTRY_CLASH')
    }
  })

  it('refuses names that the disk takes for the same', async () => {
    // As a disk does that folds them: something is there when the file is to be made.
    const into = scratchFolder()
    writeFileSync(join(into, 'readme'), 'first')
    await expect(place(into, [file('readme', 'second')])).rejects.toMatchObject({ code: 'ENTRY_CLASH' })
    expect(readFileSync(join(into, 'readme'), 'utf8')).toBe('first')
    await expect(place(into, [file('readme', 'x'.repeat(300_000))])).rejects.toMatchObject({ code: 'ENTRY_CLASH' })
    await expect(place(into, [dir('readme')])).rejects.toMatchObject({ code: 'ENTRY_CLASH' })
    expect(readFileSync(join(into, 'readme'), 'utf8')).toBe('first')
  })

  it('never writes through a link that stands there, were all checks wrong', async () => {
    const into = scratchFolder()
    const outside = join(scratchFolder(), 'outside')
    symlinkSync(outside, join(into, 'a'))
    symlinkSync(outside, join(into, 'b'))
    for (const entry of [file('a', 'small'), file('b', long(300_000))]) {
      await expect(place(into, [entry])).rejects.toMatchObject({ code: 'ENTRY_CLASH' })
    }
    expect(() => lstatSync(outside)).toThrow('ENOENT')
  })
})

describe('links', () => {
  it.each<[string, Made[]]>([
    ['an absolute target', [link('a', '/etc/passwd')]],
    ['an empty target', [link('a', '')]],
    ['a drive', [link('a', 'C:/x')]],
    ['a backslash', [link('a', '..\\x')]],
    ['a control character', [link('a', 'x\n')]],
    ['a target above', [link('a', '../x')]],
    ['a target beside that begins alike', [link('a', '../out-evil/x')]],
    ['the way out and in again', [file('x'), link('a', 'b/../../x')]],
    ['a target that is not there', [link('a', 'x')]],
    ['itself', [link('a', 'a')]],
    ['each other', [link('a', 'b'), link('b', 'a')]],
    ['a file as a folder', [file('x'), link('a', 'x/y')]],
    ['a file with a slash', [file('x'), link('a', 'x/')]],
    ['the way out in two steps', [dir('d/e'), link('l', 'd/e'), link('a', 'l/../../../x')]],
    [
      'the way out through a link, though not by its text',
      [file('y'), dir('d'), link('d/l', '..'), link('a', 'd/l/../y')],
    ],
    ['a link that is refused', [link('b', '../x'), link('a', 'b')]],
  ])('refuses %s', async (_, entries) => {
    expect((await refusal(entries)).code).toBe('ENTRY_KIND')
  })

  it('refuses a long chain', async () => {
    const chain = Array.from({ length: 60 }, (_, index) => link(`l${index}`, index === 59 ? 'x' : `l${index + 1}`))
    expect((await refusal([file('x'), ...chain])).code).toBe('ENTRY_KIND')
    const target = `${'./'.repeat(600)}x`
    expect((await refusal([file('x'), link('a', target)])).code).toBe('LIMIT_EXCEEDED')
  })

  it('keeps links that stay inside, as they are, whatever the order', async () => {
    const entries = [
      link('first', 'a/../later/./file'),
      link('to/dir', '../later'),
      link('through', 'to/dir/file'),
      file('later/file', 'x'),
      dir('a'),
      link('up', '.'),
    ]
    // The listing follows links to folders.
    const listed = (await outcome(entries)).filter(line => !/ "(?:up|to\/dir)\//.test(line))
    expect(listed).toEqual([
      'dir "a"',
      'link "first" a/../later/./file',
      'dir "later"',
      'file "later/file"',
      'link "through" to/dir/file',
      'dir "to"',
      'link "to/dir" ../later',
      'link "up" .',
    ])
  })

  it('makes them after all files', async () => {
    const into = scratchFolder()
    const error = new Error('cut off')
    const entries = [file('x', 'x'), link('a', 'x'), { ...file('y', 'y'), error }]
    await expect(place(into, entries)).rejects.toBe(error)
    expect(readdirSync(into)).not.toContain('a')
  })

  it('refuses them all where none are wanted', async () => {
    expect((await refusal([file('x'), link('a', 'x')], { links: 'refuse' })).code).toBe('ENTRY_KIND')
  })

  it('puts copies in their place', async () => {
    const into = scratchFolder()
    const entries = [
      { ...file('d/run', 'x'), executable: true },
      file('d/e/f', 'y'),
      link('d/l', 'run'),
      link('a', 'd'),
      link('b', 'a/e/f'),
    ]
    const placed = await place(into, entries, { links: 'copy', hash: true })
    expect(placed.links).toEqual([])
    expect(placed.files.map(({ path, executable, size }) => [path, executable, size])).toEqual([
      ['a/e/f', false, 1],
      ['a/l', true, 1],
      ['a/run', true, 1],
      ['b', false, 1],
      ['d/e/f', false, 1],
      ['d/l', true, 1],
      ['d/run', true, 1],
    ])
    expect(new Set(placed.files.map(({ sha256 }) => sha256)).size).toBe(2)
    expect(treeOf(into).filter(line => line.startsWith('link'))).toEqual([])
    expect(treeOf(into).filter(line => line.startsWith('exec'))).toHaveLength(4)
  })

  it('does not copy in circles, nor without bounds', async () => {
    for (const entries of [
      [dir('d'), link('d/up', '..')],
      [dir('d'), link('d/self', '.')],
      [dir('d/e'), link('d/e/up', '..')],
      [link('a/b', '../c'), link('c/d', '../a')],
    ]) {
      expect((await refusal(entries, { links: 'copy' })).code).toBe('ENTRY_KIND')
    }
    // Ten levels of ten links each would be 10^10 files.
    const levels = Array.from({ length: 10 }, (_, level) =>
      Array.from({ length: 10 }, (_, index) => link(`l${level}/${index}`, `../l${level + 1}`)),
    ).flat()
    const limits = { entries: 500 }
    expect((await refusal([...levels, file('l10/x')], { links: 'copy', limits })).code).toBe('LIMIT_EXCEEDED')
  })
})

describe('hard links', () => {
  it('become copies of earlier files', async () => {
    const into = scratchFolder()
    const first = { ...file('a/x', 'content'), executable: true }
    const { files } = await place(into, [first, hardlink('b/y', './a/x'), hardlink('z', 'b/y')], {
      hash: true,
      sync: true,
    })
    expect(treeOf(into).filter(line => line.startsWith('exec'))).toHaveLength(3)
    expect(lstatSync(join(into, 'a/x')).nlink).toBe(1)
    expect(new Set(files.map(({ sha256 }) => sha256))).toEqual(
      new Set([createHash('sha256').update('content').digest('hex')]),
    )
  })

  it.each<[string, Made[], string]>([
    ['itself', [hardlink('a', 'a')], 'ENTRY_KIND'],
    ['a later file', [hardlink('a', 'x'), file('x')], 'ENTRY_KIND'],
    ['a folder', [dir('x'), hardlink('a', 'x')], 'ENTRY_KIND'],
    ['a link', [file('y'), link('x', 'y'), hardlink('a', 'x')], 'ENTRY_KIND'],
    ['what is not there', [hardlink('a', 'x')], 'ENTRY_KIND'],
    ['the root', [hardlink('a', '/etc/passwd')], 'ENTRY_NAME'],
    ['what is above', [hardlink('a', '../x')], 'ENTRY_NAME'],
    ['a drive', [hardlink('a', 'C:x')], 'ENTRY_NAME'],
    ['nothing', [hardlink('a', '')], 'ENTRY_NAME'],
  ])('are refused to %s', async (_, entries, code) => {
    expect((await refusal(entries)).code).toBe(code)
  })

  it('count as what they stand for', async () => {
    const links = Array.from({ length: 9 }, (_, index) => hardlink(`l${index}`, 'x'))
    expect(await refusal([file('x', long(100)), ...links], { limits: { bytes: 999 } })).toMatchObject({
      code: 'LIMIT_EXCEEDED',
      details: { limit: 'bytes', value: 999 },
    })
  })
})

describe('limits', () => {
  it.each<[string, Made[], PlaceTest['limits']]>([
    ['entries', [file('a'), file('b'), dir('c')], { entries: 2 }],
    ['path', [file(`${`${long(200)}/`.repeat(5)}${long(20)}`)], {}],
    ['path', [file('abcdef')], { path: 5 }],
    ['part', [file(long(256))], {}],
    ['part', [file('ü'.repeat(128))], {}],
    ['depth', [file(`${'d/'.repeat(64)}f`)], {}],
    ['depth', [dir('d/'.repeat(1500))], { path: Number.POSITIVE_INFINITY }],
    ['bytes', [file('a', 'x', 'y', 'z')], { bytes: 2 }],
    ['bytes', [{ ...file('a', 'x'), size: 3 }], { bytes: 2 }],
    ['ratio', [file('a', long(1001))], { unpacked: 100 }],
    ['ratio', [{ ...file('a', 'x'), size: 1001 }], { unpacked: 100 }],
  ])('%s', async (limit, entries, limits = {}) => {
    const into = scratchFolder()
    const error = await place(into, entries, { limits, packed: 10 }).catch(error => error)
    expect(error).toMatchObject({ code: 'LIMIT_EXCEEDED', details: { limit, value: expect.any(Number) } })
    expect(error.message).toMatch(new RegExp(`${limit}: [0-9]+.*If you trust its origin, raise the limit: .*${limit}`))
  })

  it('let pass what just fits', async () => {
    const limits = { entries: 3, bytes: 3, path: 64, part: 3, depth: 3, unpacked: 3, ratio: 0 }
    expect(await outcome([dir('./'), file('a/bcd/e', 'xyz')], { limits })).toHaveLength(3)
    const deep = file(`${'d/'.repeat(63)}f`)
    expect(await outcome([deep])).toHaveLength(64)
    expect(await outcome([file('a', long(1000))], { limits: { unpacked: 100 }, packed: 10 })).toHaveLength(1)
  })

  it('refuse a file that says it is too long before a byte of it is written', async () => {
    const into = scratchFolder()
    const huge = { ...file('a', 'x'), size: 2 ** 52 }
    await expect(place(into, [huge])).rejects.toMatchObject({ code: 'DISK_FULL' })
    expect(readdirSync(into)).toEqual([])
  })

  it('must be numbers from 0 on, and known', async () => {
    for (const limits of [{ bytes: -1 }, { bytes: Number.NaN }, { bytes: '1' }, { size: 1 }]) {
      const error = await place(scratchFolder(), [], { limits: limits as never }).catch(error => error)
      expect(error.code).toBe('OPTION_INVALID')
    }
  })
})

describe('files', () => {
  const sizes = [0, 1, 1000, 128 * 1024, 128 * 1024 + 1, 3_000_000]

  it.each(sizes)('have all their %i bytes, in whatever pieces they come', async size => {
    const into = scratchFolder()
    const content = Buffer.alloc(size, 'abcdefg')
    const pieces = [content.subarray(0, size >> 2), content.subarray(size >> 2, size >> 1), content.subarray(size >> 1)]
    const entries = [file('a', ...pieces.filter(({ length }) => length > 0)), { ...file('b', content), size }]
    const { files } = await place(into, size === 0 ? [file('a'), { ...file('b'), size }] : entries, { hash: true })
    const sha256 = createHash('sha256').update(content).digest('hex')
    expect(files).toEqual(['a', 'b'].map(path => ({ path, size, executable: false, sha256 })))
    for (const name of ['a', 'b']) expect(readFileSync(join(into, name)).equals(content)).toBe(true)
  })

  it('that are fewer or more than announced are refused', async () => {
    for (const size of [0, 2, 200_000]) {
      expect((await refusal([{ ...file('a', 'x'), size }])).code).toBe('ARCHIVE_INVALID')
    }
  })

  test.each([0o000, 0o022, 0o027, 0o077])('have modes by their execute bit and the umask %o', async umask => {
    const before = process.umask(umask)
    onTestFinished(() => void process.umask(before))
    const into = scratchFolder()
    const big = long(200_000)
    const run = (name: string, content: string) => ({ ...file(name, content), executable: true })
    const entries = [file('d/a', 'x'), run('b', 'x'), file('c', big), run('e', big)]
    await place(into, entries, { sync: true })
    const modes = ['d', 'd/a', 'b', 'c', 'e'].map(name => lstatSync(join(into, name)).mode & 0o7777)
    expect(modes).toEqual([0o755, 0o644, 0o755, 0o644, 0o755].map(mode => mode & ~umask))
    const exact = scratchFolder()
    await place(exact, entries, { exactModes: true })
    const exactModes = ['d', 'd/a', 'b', 'c', 'e'].map(name => lstatSync(join(exact, name)).mode & 0o7777)
    expect(exactModes).toEqual([0o755, 0o644, 0o755, 0o644, 0o755])
  })

  it('come by the thousand', async () => {
    const into = scratchFolder()
    const entries = Array.from({ length: 3000 }, (_, index) => file(`d${index % 10}/f${index}`, `content ${index}`))
    const { files } = await place(into, entries, { hash: true })
    expect(files).toHaveLength(3000)
    for (const index of [0, 1234, 2999]) {
      expect(readFileSync(join(into, `d${index % 10}/f${index}`), 'utf8')).toBe(`content ${index}`)
    }
  })

  it('end with the error of their reader, small and large', async () => {
    const error = new Error('bad checksum')
    for (const content of ['x', long(300_000)]) {
      await expect(place(scratchFolder(), [{ ...file('a', content), error }])).rejects.toBe(error)
    }
  })

  it('end with the error of a disk that cannot keep a name', async () => {
    // Longer than any Linux file system takes, and let through by limits that say so.
    const limits = { part: 1000 }
    expect((await refusal([file(long(300), 'x')], { limits })).code).toBe('ENTRY_NAME')
    expect((await refusal([file(long(300), long(300_000))], { limits })).code).toBe('ENTRY_NAME')
    expect((await refusal([dir(long(300))], { limits })).code).toBe('ENTRY_NAME')
  })

  it('stop with the signal', async () => {
    const stop = new AbortController()
    const into = scratchFolder()
    mkdirSync(join(into, 'in'))
    const entries = Array.from({ length: 50 }, (_, index) => file(`f${index}`, 'x'))
    const placing = place(join(into, 'in'), entries, { signal: stop.signal })
    stop.abort(new Error('enough'))
    await expect(placing).rejects.toThrow('enough')
  })
})

it('tells links as they are', async () => {
  const into = scratchFolder()
  const { links } = await place(into, [link('b', './x'), link('a', 'b'), file('x', 'x')])
  expect(links).toEqual([
    { path: 'a', target: 'b' },
    { path: 'b', target: './x' },
  ])
  expect(readlinkSync(join(into, 'b'))).toBe('./x')
})
