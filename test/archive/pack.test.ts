import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join, relative } from 'node:path'
import { PassThrough, Writable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { describe, expect, it, onTestFinished, test } from 'vitest'
import { ARCHIVE_FORMATS, extract, pack } from '../../src/archive/index.js'
import { packEntries } from '../../src/archive/pack.js'
import { fileEntry, treeEntries } from '../../src/archive/tree.js'
import { isBentoError } from '../../src/core/errors.js'
import { stageName, thisProcess } from '../../src/files/owner.js'
import { gaussians } from '../support/archive-data.js'
import { scratchFolder } from '../support/home.js'
import { treeOf } from '../support/tree.js'

const ARCHIVES = ARCHIVE_FORMATS.filter(format => format !== 'folder')

function sample(): string {
  const dir = join(scratchFolder(), 'source')
  mkdirSync(join(dir, 'src/empty'), { recursive: true })
  writeFileSync(join(dir, 'a.txt'), 'text '.repeat(1000))
  writeFileSync(join(dir, 'src/run.sh'), '#!/bin/sh\n')
  chmodSync(join(dir, 'src/run.sh'), 0o755)
  writeFileSync(join(dir, 'src/nothing'), '')
  writeFileSync(join(dir, 'src/模型 ü.bin'), Buffer.from(gaussians(500_000, 1).buffer))
  symlinkSync('run.sh', join(dir, 'src/link'))
  symlinkSync('../src', join(dir, 'src/round'))
  return dir
}

/** A name of what a process left that was killed: its number is no process's any more. */
function leftover(): string {
  const { pid } = spawnSync(process.execPath, ['-e', ''])
  return `.${stageName({ ...thisProcess(), pid, started: '1' })}abc`
}

/** Bytes that go nowhere but into memory, each chunk kept as it was given. */
class Collect extends Writable {
  readonly chunks: Buffer[] = []
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.chunks.push(chunk)
    queueMicrotask(done)
  }
}

const code = (expected: string) => expect.objectContaining({ code: expected })

describe.each(ARCHIVE_FORMATS)('%s', format => {
  it('comes back as it was', async () => {
    const source = sample()
    const out = scratchFolder()
    const path = join(out, 'made/on the way/x')
    const report = await pack(source, path, { format })
    const bytes = 5000 + 10 + 2_000_000
    expect(report).toMatchObject({ path, format, contentBytes: bytes, entries: 8 })
    expect(report.bytes).toBe(format === 'folder' ? bytes : statSync(path).size)
    const back = await extract(path, join(out, 'back'))
    expect(back).toMatchObject({ path: join(out, 'back'), entries: 8, bytes, warnings: [] })
    expect(treeOf(join(out, 'back'))).toEqual(treeOf(source))
    expect(readlinkSync(join(out, 'back/src/round'))).toBe('../src')
  })

  it('is the same whatever the clock, the umask and the order on disk', async () => {
    const source = sample()
    const twin = join(scratchFolder(), 'elsewhere')
    for (const line of treeOf(source)
      .filter(line => !line.includes('/round/'))
      .reverse()) {
      const path = JSON.parse(/"(?:[^"\\]|\\.)*"/.exec(line)?.[0] ?? '')
      if (!line.startsWith('dir')) mkdirSync(join(twin, path, '..'), { recursive: true })
      if (line.startsWith('dir')) mkdirSync(join(twin, path), { recursive: true })
      else if (line.startsWith('link')) symlinkSync(readlinkSync(join(source, path)), join(twin, path))
      else writeFileSync(join(twin, path), readFileSync(join(source, path)))
      if (line.startsWith('exec')) chmodSync(join(twin, path), 0o711)
      if (line.startsWith('file')) chmodSync(join(twin, path), 0o600)
    }
    utimesSync(join(twin, 'a.txt'), 1, 1)
    const [first, second] = [join(scratchFolder(), 'x'), join(scratchFolder(), 'y')]
    await pack(source, first, { format })
    const umask = process.umask(0o077)
    onTestFinished(() => void process.umask(umask))
    await pack(twin, second, { format })
    if (format !== 'folder') return expect(readFileSync(second).equals(readFileSync(first))).toBe(true)
    const modes = (dir: string) => treeOf(dir, ({ mode }) => ` ${(mode & 0o7777).toString(8)}`)
    expect(modes(second)).toEqual(modes(first))
    expect(lstatSync(second).mode & 0o7777).toBe(0o755)
  })

  it('leaves alone what stands at the target, and replaces it when told to', async () => {
    const source = sample()
    const path = join(scratchFolder(), 'x')
    const old = format === 'folder' ? join(path, 'old') : path
    if (format === 'folder') mkdirSync(path)
    writeFileSync(old, 'old')
    await expect(pack(source, path, { format })).rejects.toEqual(code('TARGET_EXISTS'))
    expect(readFileSync(old, 'utf8')).toBe('old')
    await pack(source, path, { format, force: true })
    expect((await extract(path, join(scratchFolder(), 'back'))).entries).toBe(8)
    expect(readdirSync(join(path, '..'))).toEqual(['x'])
  })

  it('leaves alone what comes to stand there meanwhile', async () => {
    const path = join(scratchFolder(), 'x')
    const source = sample()
    writeFileSync(join(source, 'big'), Buffer.alloc(12_000_000, 'x'))
    const onProgress = () => writeFileSync(path, 'mine')
    await expect(pack(source, path, { format, onProgress })).rejects.toEqual(code('TARGET_EXISTS'))
    expect(readFileSync(path, 'utf8')).toBe('mine')
    expect(readdirSync(join(path, '..'))).toEqual(['x'])
  })

  it('tells how far it is, in bytes of content', async () => {
    const told: number[] = []
    const source = sample()
    const onProgress = ({ done, total }: { done: number; total?: number }) => {
      expect(total).toBe(2_005_010)
      told.push(done)
    }
    await pack(source, join(scratchFolder(), 'x'), { format, onProgress })
    expect(told).toEqual([...told].sort((a, b) => a - b))
    expect(told.at(-1)).toBe(2_005_010)
  })

  it('stops with the signal and leaves nothing, not even the folders made for it', async () => {
    const out = scratchFolder()
    const stop = new AbortController()
    const source = sample()
    writeFileSync(join(source, 'big'), Buffer.alloc(12_000_000, 'x'))
    const onProgress = () => stop.abort(new Error('enough'))
    const packing = pack(source, join(out, 'a/b/x'), { format, signal: stop.signal, onProgress })
    await expect(packing).rejects.toThrow('enough')
    expect(readdirSync(out)).toEqual([])
    await expect(pack(source, join(out, 'a/x'), { format, signal: stop.signal })).rejects.toThrow('enough')
    expect(readdirSync(out)).toEqual([])
  })

  it('notices a file that changes under its hands', async () => {
    const source = sample()
    const out = scratchFolder()
    writeFileSync(join(source, 'big'), Buffer.alloc(12_000_000, 'x'))
    // Read after the big one, and shorter than when it was looked at.
    const onProgress = () => truncateSync(join(source, 'src/run.sh'), 3)
    await expect(pack(source, join(out, 'x'), { format, onProgress })).rejects.toEqual(code('SOURCE_CHANGED'))
    expect(readdirSync(out)).toEqual([])
  })

  it('sweeps away what a killed process left, and nothing else', async () => {
    const out = scratchFolder()
    const dead = leftover()
    const alive = `.${stageName(thisProcess())}abc`
    mkdirSync(join(out, dead, 'item'), { recursive: true })
    for (const name of [alive, '.vite-plugin-bento-mine', leftover()]) writeFileSync(join(out, name), 'x')
    await pack(sample(), join(out, 'x'), { format })
    expect(readdirSync(out).sort()).toEqual(['.vite-plugin-bento-mine', alive, 'x'].sort())
  })
})

describe('the source', () => {
  it('must be a folder that holds something', async () => {
    const out = scratchFolder()
    writeFileSync(join(out, 'file'), 'x')
    mkdirSync(join(out, 'empty'))
    for (const source of ['missing', 'file', 'file/in', 'empty']) {
      await expect(pack(join(out, source), join(out, 'x.tar'))).rejects.toEqual(code('SOURCE_NOT_FOUND'))
    }
    expect(readdirSync(out).sort()).toEqual(['empty', 'file'])
  })

  it('is refused with all that cannot be packed', async () => {
    const source = scratchFolder()
    execFileSync('mkfifo', [join(source, 'pipe')])
    writeFileSync(join(source, 'line\nbreak'), '')
    symlinkSync('/etc/passwd', join(source, 'absolute'))
    symlinkSync('../..', join(source, 'above'))
    symlinkSync('circle', join(source, 'circle'))
    symlinkSync('gone', join(source, 'nowhere'))
    writeFileSync(Buffer.concat([Buffer.from(`${source}/`), Buffer.from([0xff, 0x41])]), '')
    const error = await pack(source, join(scratchFolder(), 'x.tar')).catch(error => error)
    expect(isBentoError(error, 'ENTRY_NAME', 'ENTRY_KIND')).toBe(true)
    expect(error.details.problems).toHaveLength(7)
    for (const part of ['"pipe"', '"line\\nbreak"', '"absolute"', '"above"', 'it is a link to nothing', 'not UTF-8']) {
      expect(error.message).toContain(part)
    }
  })

  it('is not followed to where a link leads by the way around', async () => {
    const source = join(scratchFolder(), 'item')
    mkdirSync(source)
    writeFileSync(join(source, 'x'), '')
    // Inside here, and outside wherever it is unpacked under another name.
    symlinkSync('../item/x', join(source, 'link'))
    await expect(pack(source, join(scratchFolder(), 'x.tar'))).rejects.toEqual(code('ENTRY_KIND'))
  })

  it.each<[string, (path: string) => void]>([
    [
      'is replaced',
      path => {
        writeFileSync(`${path}2`, 'other')
        renameSync(`${path}2`, path)
      },
    ],
    [
      'becomes a link',
      path => {
        renameSync(path, `${path}2`)
        symlinkSync('file2', path)
      },
    ],
    ['is gone', path => renameSync(path, `${path}2`)],
    [
      'becomes a pipe',
      path => {
        renameSync(path, `${path}2`)
        execFileSync('mkfifo', [path])
      },
    ],
    [
      'becomes a folder',
      path => {
        renameSync(path, `${path}2`)
        mkdirSync(path)
      },
    ],
    ['is written to', path => writeFileSync(path, 'wrote')],
  ])('is refused where a file %s between walk and read', async (_, change) => {
    const source = scratchFolder()
    writeFileSync(join(source, 'file'), 'first')
    utimesSync(join(source, 'file'), 1, 1)
    const entries = await treeEntries(source)
    change(join(source, 'file'))
    for (const format of ['tar', 'zip', 'folder'] as const) {
      const path = join(scratchFolder(), 'x')
      await expect(packEntries(entries, path, { format })).rejects.toEqual(code('SOURCE_CHANGED'))
      expect(existsSync(path)).toBe(false)
    }
  })
})

describe('the target', () => {
  it('must not lie in the source, nor hold it', async () => {
    const source = sample()
    const before = treeOf(source)
    symlinkSync(source, join(source, '../alias'))
    const inside = [join(source, 'x.tar'), join(source, 'new/x.tar'), join(source, '../alias/src/x.tar')]
    for (const path of inside) await expect(pack(source, path)).rejects.toEqual(code('TARGET_INVALID'))
    for (const path of [source, join(source, '..'), '/']) {
      await expect(pack(source, path, { format: 'folder', force: true })).rejects.toEqual(code('TARGET_INVALID'))
    }
    expect(treeOf(source)).toEqual(before)
    // Alike in name only.
    await pack(source, `${source}-x.tar`)
  })

  it('must be one that a file can take the place of', async () => {
    const source = sample()
    const out = scratchFolder()
    mkdirSync(join(out, 'folder'))
    symlinkSync('folder', join(out, 'link'))
    writeFileSync(join(out, 'file'), '')
    for (const path of ['folder', 'link', 'file/x']) {
      const packing = pack(source, join(out, path), { format: 'tar', force: true })
      await expect(packing).rejects.toEqual(code('TARGET_INVALID'))
    }
    await expect(pack(source, '/dev/null', { format: 'tar', force: true })).rejects.toEqual(code('TARGET_INVALID'))
    expect(lstatSync('/dev/null').isCharacterDevice()).toBe(true)
    expect(readdirSync(out).sort()).toEqual(['file', 'folder', 'link'])
  })

  it('may be relative, and a file: URL', async () => {
    const source = sample()
    const out = scratchFolder()
    const path = relative(process.cwd(), join(out, 'x.tar'))
    expect((await pack(pathToFileURL(source), path)).path).toBe(join(out, 'x.tar'))
    expect((await pack(source, pathToFileURL(join(out, 'ü x.zip')))).path).toBe(join(out, 'ü x.zip'))
    await expect(pack(source, new URL('https://example.org/x.tar'))).rejects.toEqual(code('OPTION_INVALID'))
    await expect(pack(source, '')).rejects.toEqual(code('OPTION_INVALID'))
  })

  it('has the mode of any new file', async () => {
    const umask = process.umask(0o027)
    onTestFinished(() => void process.umask(umask))
    const { path = '' } = await pack(sample(), join(scratchFolder(), 'x.tar'))
    expect(lstatSync(path).mode & 0o777).toBe(0o640)
  })

  it('with force, is replaced where it is a link, and not what the link leads to', async () => {
    const out = scratchFolder()
    writeFileSync(join(out, 'other'), 'other')
    symlinkSync('other', join(out, 'x.tar'))
    await expect(pack(sample(), join(out, 'x.tar'))).rejects.toEqual(code('TARGET_EXISTS'))
    await pack(sample(), join(out, 'x.tar'), { force: true })
    expect(readFileSync(join(out, 'other'), 'utf8')).toBe('other')
    expect(lstatSync(join(out, 'x.tar')).isFile()).toBe(true)
  })
})

describe('the format', () => {
  test.each([
    ['x.bentomodel', 'bentomodel'],
    ['x.tar.gz', 'gz'],
    ['x.TGZ', 'gz'],
    ['x.tbz', 'bz2'],
    ['x.zip', 'zip'],
  ] as const)('of %s is %s', async (name, format) => {
    expect((await pack(sample(), join(scratchFolder(), name))).format).toBe(format)
  })

  it('must be told where no name tells it', async () => {
    for (const name of ['x', 'x.rar', 'v1.0', '.zip']) {
      await expect(pack(sample(), join(scratchFolder(), name))).rejects.toEqual(code('FORMAT_UNKNOWN'))
    }
    await expect(pack(sample(), new Collect())).rejects.toEqual(code('FORMAT_UNKNOWN'))
    await expect(pack(sample(), 'x', { format: 'rar' as never })).rejects.toEqual(code('FORMAT_UNKNOWN'))
    await expect(pack(sample(), new Collect(), { format: 'folder' })).rejects.toEqual(code('OPTION_INVALID'))
  })
})

describe('options', () => {
  it.each([
    { level: 'best' },
    { level: 10 },
    { level: 1.5 },
    { level: -1 },
    { mtime: 0 },
    { mtime: new Date(Number.NaN) },
    { mtime: 5e9 },
    { mtime: '2020' },
  ])('%j is refused', async options => {
    const out = scratchFolder()
    await expect(pack(sample(), join(out, 'x.zip'), options as never)).rejects.toEqual(code('OPTION_INVALID'))
    expect(readdirSync(out)).toEqual([])
  })

  it('mtime goes into the archive', async () => {
    const out = scratchFolder()
    const mtime = new Date('2024-05-06T07:08:10Z')
    for (const format of ['tar', 'zip'] as const) {
      await pack(sample(), join(out, `a.${format}`), { mtime })
      await pack(sample(), join(out, `b.${format}`), { mtime: mtime.getTime() / 1000 + 1 })
      await pack(sample(), join(out, `c.${format}`))
      expect(readFileSync(join(out, `a.${format}`)).equals(readFileSync(join(out, `b.${format}`)))).toBe(true)
      expect(readFileSync(join(out, `a.${format}`)).equals(readFileSync(join(out, `c.${format}`)))).toBe(false)
    }
    const listing = execFileSync('tar', ['-tvf', join(out, 'a.tar'), '--full-time'], {
      env: { ...process.env, TZ: 'UTC' },
    })
    expect(String(listing)).toContain('2024-05-06 07:08:10')
  })
})

describe('a stream', () => {
  it.each(ARCHIVES)('gets the bytes that a file gets, and stays open, %s', async format => {
    const source = sample()
    const { path = '' } = await pack(source, join(scratchFolder(), 'x'), { format })
    const stream = new Collect({ highWaterMark: 1 })
    const report = await pack(source, stream, { format })
    expect(report.path).toBeUndefined()
    // Kept as they came: none was a buffer that was used again.
    expect(Buffer.concat(stream.chunks).equals(readFileSync(path))).toBe(true)
    expect(report.bytes).toBe(statSync(path).size)
    expect(stream.writableEnded).toBe(false)
    // Errors are heeded until those of the last write would have come.
    await setImmediate()
    await setImmediate()
    expect(stream.listenerCount('error')).toBe(0)
  })

  it('that fails ends the packing', async () => {
    const failing = new Writable({
      write: (_chunk, _encoding, done) => done(Object.assign(new Error('x'), { code: 'EPIPE' })),
    })
    await expect(pack(sample(), failing, { format: 'tar' })).rejects.toEqual(code('IO_FAILED'))
    const destroyed = new PassThrough()
    destroyed.destroy()
    await expect(pack(sample(), destroyed, { format: 'zip' })).rejects.toEqual(code('IO_FAILED'))
  })

  it('that is closed before it took all ends the packing, error or not', async () => {
    // A client that hangs up closes its response without an error, and the write under way is never answered.
    const left = new Writable({ write: () => setTimeout(() => left.destroy(), 10) })
    await expect(pack(sample(), left, { format: 'tar' })).rejects.toEqual(code('IO_FAILED'))
    await setImmediate()
    expect(left.listenerCount('close')).toBe(0)
  })

  it('that nobody reads can be given up', async () => {
    const stuck = new Writable({ write: () => undefined })
    const stop = new AbortController()
    const packing = pack(sample(), stuck, { format: 'tar', signal: stop.signal })
    setTimeout(() => stop.abort(new Error('enough')), 50)
    await expect(packing).rejects.toThrow('enough')
  })
})

describe('entries', () => {
  it('of several trees go into one archive, with what is at hand', async () => {
    const path = join(scratchFolder(), 'x.tar')
    const entries = [
      fileEntry('models/m/latest', 'v1'),
      ...(await treeEntries(sample(), 'models/m/v1')),
      fileEntry('run', new Uint8Array([1, 2]), true),
    ]
    expect(await packEntries(entries, path, { format: 'tar' })).toMatchObject({ entries: 13 })
    const back = join(scratchFolder(), 'back')
    await extract(path, back)
    expect(readFileSync(join(back, 'models/m/latest'), 'utf8')).toBe('v1')
    expect(readFileSync(join(back, 'run'))).toEqual(Buffer.from([1, 2]))
    expect(lstatSync(join(back, 'run')).mode & 0o777).toBe(0o755)
    expect(existsSync(join(back, 'models/m/v1/src/run.sh'))).toBe(true)
  })

  it.each([
    [[fileEntry('a', ''), fileEntry('a', '')], 'ENTRY_CLASH'],
    [[fileEntry('a', ''), fileEntry('a/b', '')], 'ENTRY_CLASH'],
    [[fileEntry('../a', '')], 'ENTRY_NAME'],
    [[fileEntry('', '')], 'ENTRY_NAME'],
    [[], 'SOURCE_NOT_FOUND'],
  ])('that no import would take are refused: %j', async (entries, expected) => {
    const packing = packEntries(entries, join(scratchFolder(), 'x'), { format: 'tar' })
    await expect(packing).rejects.toEqual(code(expected))
  })
})
