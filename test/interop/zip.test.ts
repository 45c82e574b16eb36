import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { PackEntry, PackFile } from '../../src/archive/entries.js'
import type { PackLevel } from '../../src/archive/types.js'
import { ModelStore } from '../../src/store/index.js'
import { fileOf, readAll, written, zipFile } from '../archive/zip-parts.js'
import { gaussians, sentences } from '../support/archive-data.js'
import { scratchFolder } from '../support/home.js'
import { describeNeeding } from '../support/needs.js'
import { findPython, startPython } from '../support/python.js'
import { bentoml, bentomlMissing } from './peer.js'

const MIB = 1024 * 1024
const python = findPython('zipfile')
const infoZip = ['zip', 'unzip'].every(tool => spawnSync(tool, ['-v']).status === 0)

/** What Python's zipfile finds: name, mode, date, and the digest of what it reads, which it checks. */
const ZIPFILE = `
import hashlib, zipfile
def digest(file):
    sum = hashlib.sha256()
    while block := file.read(1 << 20):
        sum.update(block)
    return sum.hexdigest()
def answer(path):
    with zipfile.ZipFile(path) as archive:
        return [[i.filename, i.external_attr >> 16, list(i.date_time), digest(archive.open(i))] for i in archive.infolist()]
`

const text = sentences(2 * MIB, 1)
const noise = new Uint8Array(gaussians(MIB, 2).buffer)
const sha256 = (data: Uint8Array | string) => createHash('sha256').update(data).digest('hex')

/** All that an archive can hold: names, sizes and kinds, sorted. */
const everything: PackEntry[] = [
  fileOf('-dash', 'x'),
  fileOf('a b', ''),
  { kind: 'dir', path: 'empty' },
  fileOf('large noise', noise),
  fileOf('large text', text),
  { kind: 'link', path: 'link', target: 'run.sh' },
  fileOf('run.sh', '#!/bin/sh\n', true),
  { kind: 'dir', path: 'ünï' },
  fileOf('ünï/日本', text.subarray(0, 5000)),
]

function expectedOf(entries: readonly PackEntry[]): unknown[] {
  return entries.map(entry => {
    const date = [1980, 1, 1, 0, 0, 0]
    if (entry.kind === 'dir') return [`${entry.path}/`, 0o40755, date, sha256('')]
    if (entry.kind === 'link') return [entry.path, 0o120777, date, sha256(entry.target)]
    return [entry.path, entry.executable ? 0o100755 : 0o100644, date, sha256(contents.get(entry) ?? '')]
  })
}

const contents = new Map<PackEntry, Uint8Array | string>()
for (const entry of everything) {
  if (entry.kind === 'file') contents.set(entry, await whole(entry))
}

async function whole(file: PackFile): Promise<Uint8Array> {
  const opened = await file.open()
  const content = Buffer.alloc(file.size)
  await opened.read(content)
  await opened.close()
  return content
}

describeNeeding(python === undefined ? 'a Python' : undefined, 'zip archives in Python', () => {
  it.each<PackLevel>(['fast', 'small', 0, 6])('are what was packed at level %s', async level => {
    const peer = startPython(python as string, ZIPFILE)
    try {
      const path = zipFile(await written(everything, { level }))
      expect(await peer.ask(path)).toEqual(expectedOf(everything))
    } finally {
      await peer.close()
    }
  })

  it('are what was packed, whatever it was', async () => {
    const peer = startPython(python as string, ZIPFILE)
    const name = fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme' }).filter(name => !/[/\\\0]/.test(name))
    const content = fc.tuple(fc.constantFrom(text, noise), fc.nat(MIB + 70_000))
    try {
      await fc.assert(
        fc.asyncProperty(
          fc.dictionary(name, content, { minKeys: 1, maxKeys: 5, noNullPrototype: true }),
          async files => {
            const entries = Object.entries(files).map(([path, [data, length]]) => {
              const file = fileOf(path, data.subarray(0, length))
              contents.set(file, data.subarray(0, length))
              return file
            })
            expect(await peer.ask(zipFile(await written(entries)))).toEqual(expectedOf(entries))
          },
        ),
        { numRuns: 40 },
      )
    } finally {
      await peer.close()
    }
  })

  it('of Python are read', async () => {
    const write = `
import zipfile
def answer(path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("ünï/日本", "text " * 9999)
        archive.writestr("stored", b"x" * 99, zipfile.ZIP_STORED)
        with archive.open("streamed", "w", force_zip64=True) as file:
            file.write(b"y" * 5000000)
        archive.mkdir("folder")
    class Pipe:
        def __init__(self, file): self.file = file
        def write(self, data): return self.file.write(data)
        def flush(self): pass
    with open(path + ".pipe", "wb") as file, zipfile.ZipFile(Pipe(file), "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("a", "x" * 99)
`
    const path = zipFile(new Uint8Array())
    const peer = startPython(python as string, write)
    await peer.ask(path)
    await peer.close()
    expect((await readAll(path)).map(({ name, kind, content }) => [name, kind, content.length])).toEqual([
      ['ünï/日本', 'file', 49_995],
      ['stored', 'file', 99],
      ['streamed', 'file', 5_000_000],
      ['folder/', 'dir', 0],
    ])
    expect((await readAll(`${path}.pipe`)).map(({ content }) => String(content))).toEqual(['x'.repeat(99)])
  })
})

describeNeeding(infoZip ? undefined : 'zip and unzip', 'zip archives in Info-ZIP', () => {
  const run = (command: string, args: string[], cwd: string) => {
    const { status, stdout, stderr } = spawnSync(command, args, {
      cwd,
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C.UTF-8' },
    })
    expect(status, stdout + stderr).toBe(0)
  }

  it('are sound, and unpack to what was packed, links and modes included', async () => {
    const path = zipFile(await written(everything))
    const dir = scratchFolder()
    run('unzip', ['-tqq', path], dir)
    run('unzip', ['-q', path], dir)
    for (const entry of everything) {
      const at = join(dir, entry.path)
      const stat = lstatSync(at)
      if (entry.kind === 'link') expect(readlinkSync(at)).toBe(entry.target)
      else expect(stat.mode & 0o777, entry.path).toBe(entry.kind === 'dir' || entry.executable ? 0o755 : 0o644)
      if (entry.kind === 'file') expect(sha256(readFileSync(at))).toBe(sha256(contents.get(entry) ?? ''))
    }
    expect(readdirSync(join(dir, 'empty'))).toEqual([])
  })

  it.each([
    ['as a file', ['-qry', 'out.zip', '.']],
    ['stored', ['-qry0', 'out.zip', '.']],
    ['with zip64 fields', ['-qry', '-fz', 'out.zip', '.']],
    // Links would be stored, and Info-ZIP puts no descriptor behind what it stores.
    ['with descriptors, links followed', ['-qr', '-fd', 'out.zip', '.']],
  ])('of its own are read: %s', async (_, args) => {
    const dir = scratchFolder()
    mkdirSync(join(dir, 'd'))
    writeFileSync(join(dir, 'd/é'), text)
    writeFileSync(join(dir, 'd/run'), noise)
    chmodSync(join(dir, 'd/run'), 0o755)
    symlinkSync('d/run', join(dir, 'l'))
    run('zip', args, dir)
    const found = await readAll(join(dir, 'out.zip'))
    expect(found.map(({ name, kind, executable, target }) => [name, kind, executable, target]).sort()).toEqual([
      ['d/', 'dir', false, undefined],
      ['d/run', 'file', true, undefined],
      ['d/é', 'file', false, undefined],
      args.includes('-fd') ? ['l', 'file', true, undefined] : ['l', 'link', false, 'd/run'],
    ])
    for (const { name, content } of found) {
      if (name === 'd/run') expect(sha256(content)).toBe(sha256(noise))
      if (name === 'd/é') expect(sha256(content)).toBe(sha256(text))
    }
  })
})

describeNeeding(bentomlMissing, 'zip archives in BentoML', () => {
  const files = (dir: string) =>
    readdirSync(dir, { recursive: true, withFileTypes: true })
      .filter(entry => entry.isFile())
      .map(entry => join(entry.parentPath, entry.name))
      .map(path => [path.slice(dir.length + 1), sha256(readFileSync(path))])
      .sort()

  it('hold a model that it imports, and so do its own', async () => {
    const home = scratchFolder()
    const theirs = scratchFolder()
    const { path: dir, tag } = await new ModelStore(home).create('m:v1', { labels: { a: 'b' } }, async dir => {
      mkdirSync(join(dir, 'sub'))
      writeFileSync(join(dir, 'weights.bin'), noise)
      writeFileSync(join(dir, 'sub/ünï.json'), text)
    })
    const entries: PackEntry[] = [
      fileOf('model.yaml', readFileSync(join(dir, 'model.yaml'))),
      { kind: 'dir', path: 'sub' },
      fileOf('sub/ünï.json', text),
      fileOf('weights.bin', noise),
    ]
    const imported = bentoml(theirs, 'models', 'import', zipFile(await written(entries)))
    expect(imported, imported.stderr).toMatchObject({ code: 0, stdout: expect.stringContaining(String(tag)) })
    expect(files(join(theirs, 'models/m/v1'))).toEqual(files(dir))
    const path = join(scratchFolder(), 'out.zip')
    expect(bentoml(theirs, 'models', 'export', 'm:v1', path)).toMatchObject({ code: 0 })
    const found = (await readAll(path)).filter(({ kind }) => kind === 'file')
    expect(found.map(({ name, content }) => [name, sha256(content)]).sort()).toEqual(files(dir))
  })
})
