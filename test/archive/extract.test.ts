import { execFileSync, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'
import { describe, expect, it, onTestFinished, test } from 'vitest'
import { ARCHIVE_FORMATS, type ArchiveFormat, extract, pack } from '../../src/archive/index.js'
import { stageName, thisProcess } from '../../src/files/owner.js'
import { scratchFolder } from '../support/home.js'
import { treeOf } from '../support/tree.js'

const ARCHIVES = ARCHIVE_FORMATS.filter(format => format !== 'folder')
const code = (expected: string) => expect.objectContaining({ code: expected })

function sample(): string {
  const dir = join(scratchFolder(), 'source')
  mkdirSync(join(dir, 'd/empty'), { recursive: true })
  writeFileSync(join(dir, 'a.txt'), 'text '.repeat(1000))
  writeFileSync(join(dir, 'd/b'), 'b')
  symlinkSync('b', join(dir, 'd/link'))
  return dir
}

async function packed(format: ArchiveFormat): Promise<string> {
  const { path = '' } = await pack(sample(), join(scratchFolder(), 'x'), { format })
  return path
}

/** A tar with a file that leads out, behind one that is sound. */
function hostileTar(): string {
  const dir = scratchFolder()
  writeFileSync(join(dir, 'good'), 'x')
  execFileSync('tar', ['-cf', join(dir, 'x.tar'), '-C', dir, 'good'])
  writeFileSync(join(dir, 'evil'), 'x')
  execFileSync('tar', ['-rPf', join(dir, 'x.tar'), '-C', dir, '--transform', 's,^evil,../evil,', 'evil'])
  return join(dir, 'x.tar')
}

describe('the folder', () => {
  it('is made, with those above it', async () => {
    const source = await packed('tar')
    const out = scratchFolder()
    const { path } = await extract(source, join(out, 'a/b/c'))
    expect(path).toBe(join(out, 'a/b/c'))
    expect(readdirSync(path).sort()).toEqual(['a.txt', 'd'])
    expect(readdirSync(join(out, 'a/b'))).toEqual(['c'])
    const elsewhere = join(out, 'ü x')
    expect((await extract(pathToFileURL(source), pathToFileURL(elsewhere))).path).toBe(elsewhere)
    expect((await extract(source, relative(process.cwd(), join(out, 'r')))).path).toBe(join(out, 'r'))
  })

  it('may be there, when it is empty; also behind a link', async () => {
    const source = await packed('zip')
    const out = scratchFolder()
    mkdirSync(join(out, 'real'))
    symlinkSync('real', join(out, 'link'))
    await extract(source, join(out, 'link'))
    expect(readdirSync(join(out, 'real')).sort()).toEqual(['a.txt', 'd'])
    expect(lstatSync(join(out, 'link')).isSymbolicLink()).toBe(true)
    expect(readdirSync(out).sort()).toEqual(['link', 'real'])
  })

  it('is filled and not replaced where we stand in it', async () => {
    const source = await packed('tar')
    const out = scratchFolder()
    const before = statSync(out).ino
    const program = `import { extract } from ${JSON.stringify(new URL('../../dist/archive/index.js', import.meta.url))}
      await extract(process.argv[1], '.')`
    const run = spawnSync(process.execPath, ['--input-type=module', '-e', program, source], {
      cwd: out,
      encoding: 'utf8',
    })
    expect(run.stderr).toBe('')
    expect(readdirSync(out).sort()).toEqual(['a.txt', 'd'])
    expect(statSync(out).ino).toBe(before)
  })

  it('is left as it is where something is in it, or it is none', async () => {
    const source = await packed('tar')
    const out = scratchFolder()
    mkdirSync(join(out, 'full'))
    writeFileSync(join(out, 'full/x'), 'mine')
    writeFileSync(join(out, 'file'), 'mine')
    symlinkSync('nowhere', join(out, 'dangling'))
    for (const [name, expected] of [
      ['full', 'TARGET_EXISTS'],
      ['file', 'TARGET_EXISTS'],
      ['file/in', 'TARGET_INVALID'],
      ['dangling', 'TARGET_EXISTS'],
    ] as const) {
      await expect(extract(source, join(out, name)), name).rejects.toEqual(code(expected))
    }
    expect(readdirSync(out).sort()).toEqual(['dangling', 'file', 'full'])
    expect(readFileSync(join(out, 'full/x'), 'utf8')).toBe('mine')
  })

  it('is not made of an archive that is refused at its end, nor are those above', async () => {
    const out = scratchFolder()
    await expect(extract(hostileTar(), join(out, 'a/b'))).rejects.toEqual(code('ENTRY_NAME'))
    expect(readdirSync(out)).toEqual([])
    mkdirSync(join(out, 'empty'))
    await expect(extract(hostileTar(), join(out, 'empty'))).rejects.toEqual(code('ENTRY_NAME'))
    expect(readdirSync(join(out, 'empty'))).toEqual([])
  })

  it('that comes to be meanwhile is left alone', async () => {
    const source = join(scratchFolder(), 'x.tar')
    const tree = sample()
    writeFileSync(join(tree, 'big'), Buffer.alloc(10_000_000))
    await pack(tree, source)
    const out = join(scratchFolder(), 'out')
    const onProgress = () => {
      mkdirSync(out, { recursive: true })
      writeFileSync(join(out, 'mine'), 'mine')
    }
    await expect(extract(source, out, { onProgress })).rejects.toEqual(code('TARGET_EXISTS'))
    expect(readdirSync(out)).toEqual(['mine'])
    expect(readdirSync(join(out, '..'))).toEqual(['out'])
  })

  it('of a killed process is emptied of what that left', async () => {
    const { pid } = spawnSync(process.execPath, ['-e', ''])
    const dead = `.${stageName({ ...thisProcess(), pid, started: '1' })}abc`
    const out = scratchFolder()
    mkdirSync(join(out, 'x', dead, 'item'), { recursive: true })
    mkdirSync(join(out, dead))
    await extract(await packed('tar'), join(out, 'x'))
    expect(readdirSync(out)).toEqual(['x'])
    expect(readdirSync(join(out, 'x')).sort()).toEqual(['a.txt', 'd'])
  })

  it.each([0o022, 0o077, 0o002])('has the modes that the umask %o leaves', async umask => {
    const source = await packed('tar')
    const before = process.umask(umask)
    onTestFinished(() => void process.umask(before))
    const { path } = await extract(source, join(scratchFolder(), 'a'))
    const modes = ['.', 'd', 'a.txt'].map(name => lstatSync(join(path, name)).mode & 0o7777)
    expect(modes).toEqual([0o755, 0o755, 0o644].map(mode => mode & ~umask))
  })
})

describe('the format', () => {
  test.each(ARCHIVES)('is found by content, whatever the name: %s', async format => {
    const source = await packed(format)
    const contents = { bentomodel: 'xz', bento: 'xz', folder: 'folder' } as Record<string, string>
    for (const name of ['x.zip', 'x.tar', 'x.bentomodel', 'x', 'x.gz']) {
      const renamed = join(source, '..', name)
      renameSync(source, renamed)
      const { format: found } = await extract(renamed, join(scratchFolder(), 'out'))
      expect(found).toBe(contents[format] ?? format)
      renameSync(renamed, source)
    }
  })

  it('that is named must be that of the content', async () => {
    const xz = await packed('bentomodel')
    for (const format of ['bentomodel', 'bento', 'xz'] as const) {
      await extract(xz, join(scratchFolder(), 'out'), { format })
    }
    const out = join(scratchFolder(), 'out')
    for (const format of ['tar', 'zip', 'gz', 'bz2', 'folder'] as const) {
      const error = await extract(xz, out, { format }).catch(error => error)
      expect(error).toMatchObject({ code: 'FORMAT_UNKNOWN', details: { named: format, found: 'xz' } })
      expect(error.message).toContain('it is xz')
    }
    await expect(extract(sample(), out, { format: 'zip' })).rejects.toThrow('is not zip: it is a folder')
    await expect(extract(await packed('zip'), out, { format: 'bento' })).rejects.toThrow('is not bento (xz): it is zip')
    await expect(extract(xz, out, { format: 'rar' as never })).rejects.toEqual(code('FORMAT_UNKNOWN'))
  })

  test.each<[string, string | Buffer]>([
    ['empty', ''],
    ['git-lfs pointer', 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n'],
    ['HTML page', '<!DOCTYPE html>\n<title>Sign in</title>'],
    ['XML', '<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>'],
    ['JSON', '{"error": "not found"}'],
    ['text', 'name: x\nversion: ü\n'],
    ['text', `${'ü'.repeat(255)}xü${'ü'.repeat(300)}`],
    ['zstd', Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0])],
    ['7z', Buffer.from([0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c])],
    ['RAR', 'Rar!\u001a\u0007\u0000'],
    ['LZMA', Buffer.from([0x5d, 0, 0, 0x80, 0])],
    ['safetensors', Buffer.concat([Buffer.from([9, 0, 0, 0, 0, 0, 0, 0]), Buffer.from('{"__metadata__":{}}')])],
    ['GGUF', 'GGUF\u0003'],
    ['pickle', Buffer.from([0x80, 4, 0x95, 1])],
    ['damaged', 'BZh9 no block'],
    ['no format known', Buffer.from([1, 2, 3, 255])],
    ['no format known', Buffer.alloc(511)],
  ])('of what is none is said: %s', async (words, content) => {
    const source = join(scratchFolder(), 'x.tar')
    writeFileSync(source, content)
    const out = scratchFolder()
    const error = await extract(source, join(out, 'out')).catch(error => error)
    expect(error.code).toBe('ARCHIVE_INVALID')
    expect(error.message).toContain(words)
    expect(readdirSync(out)).toEqual([])
  })

  it('of nothing but zeros is a tar without entries', async () => {
    const source = join(scratchFolder(), 'x')
    writeFileSync(source, Buffer.alloc(10_240))
    await expect(extract(source, join(scratchFolder(), 'out'))).rejects.toThrow('There is nothing in the archive')
  })
})

describe('the source', () => {
  it('must be there', async () => {
    const out = join(scratchFolder(), 'out')
    await expect(extract(join(out, 'x'), out)).rejects.toEqual(code('SOURCE_NOT_FOUND'))
    await expect(extract('', out)).rejects.toEqual(code('OPTION_INVALID'))
    await expect(extract(new URL('https://example.org/x'), out)).rejects.toEqual(code('OPTION_INVALID'))
    await expect(extract(undefined as never, out)).rejects.toEqual(code('OPTION_INVALID'))
    await expect(extract(7 as never, out)).rejects.toEqual(code('OPTION_INVALID'))
    expect(existsSync(out)).toBe(false)
  })

  test.each(ARCHIVES)('may be a stream, and any pieces of bytes: %s', async format => {
    const bytes = readFileSync(await packed(format))
    const temp = readdirSync(tmpdir())
    async function* pieces(size: number): AsyncGenerator<Uint8Array> {
      yield new Uint8Array()
      for (let at = 0; at < bytes.length; at += size) {
        const piece = new Uint8Array(bytes.subarray(at, at + size))
        yield piece
        piece.fill(0)
      }
    }
    const sources = [Readable.from([bytes]), pieces(1), pieces(1000), new Blob([bytes]).stream()]
    for (const source of sources) {
      const out = scratchFolder()
      const { entries } = await extract(source as Readable, join(out, 'out'))
      expect(entries).toBe(5)
      expect(readdirSync(out)).toEqual(['out'])
    }
    const left = readdirSync(tmpdir()).filter(name => name.startsWith('vite-plugin-bento') && !temp.includes(name))
    expect(left).toEqual([])
  })

  it('may be a pipe by its path', async () => {
    const pipe = join(scratchFolder(), 'pipe')
    execFileSync('mkfifo', [pipe])
    const bytes = readFileSync(await packed('zip'))
    const writing = open(pipe, 'w').then(async handle => {
      await handle.write(bytes)
      await handle.close()
    })
    expect((await extract(pipe, join(scratchFolder(), 'out'))).format).toBe('zip')
    await writing
  })

  it('of text is none', async () => {
    const stream = createText()
    await expect(extract(stream, join(scratchFolder(), 'out'))).rejects.toEqual(code('OPTION_INVALID'))
  })

  it('that fails is told of', async () => {
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield Buffer.alloc(600)
      throw Object.assign(new Error('reset'), { code: 'ECONNRESET' })
    }
    for (const format of ARCHIVES) {
      const bytes = readFileSync(await packed(format))
      async function* cut(): AsyncGenerator<Uint8Array> {
        yield bytes.subarray(0, bytes.length >> 1)
        yield* failing()
      }
      const out = scratchFolder()
      const error = await extract(cut(), join(out, 'out')).catch(error => error)
      expect(error.code, format).toMatch(/^(?:IO_FAILED|ARCHIVE_INVALID)$/)
      expect(readdirSync(out)).toEqual([])
    }
    await expect(extract(failing(), join(scratchFolder(), 'out'))).rejects.toEqual(code('IO_FAILED'))
  })

  it.each(ARCHIVES)('that says nothing more can be given up, %s', async format => {
    const bytes = readFileSync(await packed(format))
    for (const length of [0, 3, bytes.length >> 1]) {
      const stalled = new PassThrough()
      stalled.write(bytes.subarray(0, length))
      const stop = new AbortController()
      const out = scratchFolder()
      const extracting = extract(stalled, join(out, 'out'), { signal: stop.signal })
      setTimeout(() => stop.abort(new Error('enough')), 50)
      await expect(extracting).rejects.toThrow('enough')
      expect(readdirSync(out)).toEqual([])
      expect(stalled.destroyed).toBe(true)
    }
  })

  it('is named where it is refused, once', async () => {
    const dir = scratchFolder()
    for (const format of ['tar', 'gz', 'bz2', 'xz', 'zip'] as const) {
      const path = join(dir, `a.${format}`)
      await pack(sample(), path, { format })
      const whole = readFileSync(path)
      writeFileSync(path, whole.subarray(0, format === 'tar' ? 512 : whole.length >> 1))
      const { code, reason, details } = await extract(path, join(dir, 'out')).catch(error => error)
      expect({ code, details }).toMatchObject({ code: 'ARCHIVE_INVALID' })
      expect(reason.split(path), reason).toHaveLength(2)
    }
    const clash = join(dir, 'clash')
    mkdirSync(clash)
    symlinkSync('/etc', join(clash, 'out'))
    const linked = { code: 'ENTRY_KIND', message: expect.stringContaining(clash), details: { name: 'out' } }
    await expect(extract(clash, join(dir, 'out'))).rejects.toMatchObject(linked)
  })

  it('may be a folder, judged as an archive is', async () => {
    const source = sample()
    const { format, files } = await extract(source, join(scratchFolder(), 'out'))
    expect(format).toBe('folder')
    expect(files.map(({ path }) => path)).toEqual(['a.txt', 'd/b'])
    await expect(extract(source, join(source, 'in'))).rejects.toEqual(code('TARGET_INVALID'))
    await expect(extract(source, join(scratchFolder(), 'out'), { limits: { entries: 3 } })).rejects.toEqual(
      code('LIMIT_EXCEEDED'),
    )
    symlinkSync('/etc/passwd', join(source, 'z'))
    const out = scratchFolder()
    await expect(extract(source, join(out, 'out'))).rejects.toEqual(code('ENTRY_KIND'))
    expect(readdirSync(out)).toEqual([])
    const piped = sample()
    execFileSync('mkfifo', [join(piped, 'pipe')])
    await expect(extract(piped, join(out, 'out'))).rejects.toEqual(code('ENTRY_KIND'))
  })
})

describe('options', () => {
  it('links are kept, copied or refused', async () => {
    const source = await packed('tar')
    const kept = await extract(source, join(scratchFolder(), 'out'))
    expect(kept.links).toEqual([{ path: 'd/link', target: 'b' }])
    const copied = await extract(source, join(scratchFolder(), 'out'), { links: 'copy' })
    expect(treeOf(copied.path).filter(line => line.startsWith('link'))).toEqual([])
    expect(readFileSync(join(copied.path, 'd/link'), 'utf8')).toBe('b')
    const out = join(scratchFolder(), 'out')
    await expect(extract(source, out, { links: 'refuse' })).rejects.toEqual(code('ENTRY_KIND'))
    await expect(extract(source, out, { links: 'follow' as never })).rejects.toEqual(code('OPTION_INVALID'))
  })

  it('limits bound bombs, whichever layer they are in', async () => {
    const zeros = gzipSync(Buffer.alloc(64 * 2 ** 20), { level: 9 })
    const tar = execFileSync('tar', ['-cf', '-', '-C', sample(), '.'])
    // Zeros behind the end of a tar are no content, and cost time all the same.
    const bombs = [zeros, Buffer.concat([gzipSync(tar), zeros])]
    for (const bomb of bombs) {
      const out = scratchFolder()
      const limits = { unpacked: 2 ** 20 }
      await expect(extract(Readable.from([bomb]), join(out, 'out'), { limits })).rejects.toMatchObject({
        code: 'LIMIT_EXCEEDED',
        details: { limit: 'ratio', value: 100 },
      })
      expect(readdirSync(out)).toEqual([])
    }
  })

  it('progress counts the archive, or what comes out of a zip', async () => {
    for (const format of ['tar', 'gz', 'zip'] as const) {
      const source = await packed(format)
      const told: { done: number; total?: number }[] = []
      const { bytes } = await extract(source, join(scratchFolder(), 'out'), { onProgress: how => told.push(how) })
      const size = statSync(source).size
      expect(told.at(-1)).toEqual(format === 'zip' ? { done: bytes, total: bytes } : { done: size, total: size })
    }
  })
})

function createText(): Readable {
  const stream = new PassThrough()
  stream.setEncoding('utf8')
  stream.end('some text')
  return stream
}

it.each(ARCHIVE_FORMATS)('takes whatever size of content that was hardly packed, as %s', async format => {
  const dir = scratchFolder()
  writeFileSync(join(dir, 'noise'), randomBytes(50_000))
  const { path = '' } = await pack(dir, join(scratchFolder(), 'x'), { format })
  const to = join(scratchFolder(), 'to')
  await extract(path, to, { limits: { unpacked: 1000 } })
  expect(treeOf(to)).toEqual(treeOf(dir))
})
