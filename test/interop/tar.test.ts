import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { PackEntry } from '../../src/archive/entries.js'
import { treeEntries } from '../../src/archive/tree.js'
import { compareText } from '../../src/core/tag.js'
import { ModelStore } from '../../src/store/index.js'
import { type ReadEntry, readAll, written } from '../archive/tar-parts.js'
import { fileOf } from '../archive/zip-parts.js'
import { sentences } from '../support/archive-data.js'
import { scratchFolder } from '../support/home.js'
import { describeNeeding } from '../support/needs.js'
import { findPython, startPython } from '../support/python.js'
import { treeOf } from '../support/tree.js'
import { bentoml, bentomlMissing } from './peer.js'

const python = findPython('tarfile')
const isGnuTar = String(spawnSync('tar', ['--version']).stdout).includes('GNU tar')
const text = Buffer.from(sentences(100_000, 1))
const sha256 = (data: Uint8Array | string) => createHash('sha256').update(data).digest('hex')

/** What Python's tarfile finds, and an archive of its own in any of its formats. */
const TARFILE = `
import hashlib, tarfile
KINDS = {tarfile.REGTYPE: "file", tarfile.DIRTYPE: "dir", tarfile.SYMTYPE: "link", tarfile.LNKTYPE: "hardlink"}
def row(archive, m):
    content = archive.extractfile(m).read() if m.isreg() else b""
    owner = [m.uid, m.gid, m.uname, m.gname]
    return [m.name, KINDS.get(m.type), m.mode, m.mtime, owner, m.linkname, hashlib.sha256(content).hexdigest()]
def answer(question):
    if question["do"] == "read":
        with tarfile.open(question["path"]) as archive:
            return [row(archive, m) for m in archive]
    with tarfile.open(question["path"], "w", format=getattr(tarfile, question["format"])) as archive:
        archive.add(question["dir"], arcname=".")
`

/** All that an archive can hold: names and kinds, sorted. */
const everything: PackEntry[] = [
  fileOf('-dash', 'x'),
  fileOf('a b', ''),
  { kind: 'dir', path: 'empty' },
  fileOf('large', text),
  { kind: 'link', path: 'link', target: 'run.sh' },
  { kind: 'dir', path: 'n'.repeat(200) },
  fileOf(`${'n'.repeat(200)}/${'m'.repeat(200)}`, 'y'),
  { kind: 'link', path: 'o', target: `${'n'.repeat(200)}/${'m'.repeat(200)}` },
  fileOf('run.sh', '#!/bin/sh\n', true),
  { kind: 'dir', path: 'ünï' },
  fileOf('ünï/日本', text.subarray(0, 5000)),
]

/** What Python should find. */
async function expectedOf(entries: readonly PackEntry[]): Promise<unknown[]> {
  const rest = (mode: number, link = '', content = '') => [
    mode,
    315_532_800,
    [0, 0, '', ''],
    link,
    content || sha256(''),
  ]
  const rows: unknown[] = [['.', 'dir', ...rest(0o755)]]
  for (const entry of entries) {
    const path = `./${entry.path}`
    if (entry.kind === 'dir') rows.push([path, 'dir', ...rest(0o755)])
    else if (entry.kind === 'link') rows.push([path, 'link', ...rest(0o777, entry.target)])
    else rows.push([path, 'file', ...rest(entry.executable ? 0o755 : 0o644, '', sha256(await contentOf(entry)))])
  }
  return rows
}

async function contentOf(entry: PackEntry): Promise<Buffer> {
  if (entry.kind !== 'file') return Buffer.alloc(0)
  const content = Buffer.alloc(entry.size)
  const opened = await entry.open()
  await opened.read(content)
  await opened.close()
  return content
}

/** A folder with one of each kind, and where it lies. */
function sample(): string {
  const dir = join(scratchFolder(), 'sample')
  mkdirSync(join(dir, 'd/empty'), { recursive: true })
  writeFileSync(join(dir, 'd/text'), text)
  writeFileSync(join(dir, 'd/run'), 'x')
  chmodSync(join(dir, 'd/run'), 0o755)
  linkSync(join(dir, 'd/text'), join(dir, 'd/text-again'))
  symlinkSync('d/run', join(dir, 'link'))
  return dir
}

/** The same beyond what the oldest formats hold. */
function richSample(): string {
  const dir = sample()
  const deep = join(dir, `${'n'.repeat(120)}/${'ü'.repeat(100)}`)
  mkdirSync(deep, { recursive: true })
  writeFileSync(join(deep, '日本'), 'x')
  symlinkSync(join('..', 'ü'.repeat(100), '日本'), join(deep, 'long link'))
  return dir
}

/** What was found, sorted, a hard link as the file that it is. */
function found(entries: readonly ReadEntry[]): string[] {
  const files = new Map(entries.map(entry => [entry.name, entry]))
  return entries
    .map(({ name, kind, target = '', content, executable }) => {
      const path = name.replace(/^\.\/|\/$/g, '')
      if (kind === 'link') return `link ${path} ${target}`
      if (kind === 'dir') return `dir ${path}`
      const file = kind === 'hardlink' ? files.get(target) : { content, executable }
      return `file ${path} ${file?.executable} ${sha256(Buffer.from(file?.content ?? '', 'latin1'))}`
    })
    .sort()
}

/** A folder, packed by us. */
async function packed(dir: string): Promise<Buffer> {
  return written((await treeEntries(dir)).sort((a, b) => compareText(a.path, b.path)))
}

describeNeeding(python === undefined ? 'a Python' : undefined, 'tar archives in Python', () => {
  it('are what was packed', async () => {
    const peer = startPython(python as string, TARFILE)
    const path = join(scratchFolder(), 'a.tar')
    try {
      writeFileSync(path, await written(everything))
      expect(await peer.ask({ do: 'read', path })).toEqual(await expectedOf(everything))
    } finally {
      await peer.close()
    }
  })

  it('are what was packed, whatever it was', async () => {
    const peer = startPython(python as string, TARFILE)
    const path = join(scratchFolder(), 'a.tar')
    const name = fc.oneof(
      fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme' }).filter(name => !/[/\\\0]|^\.+$/.test(name)),
      fc.integer({ min: 90, max: 260 }).map(length => 'n'.repeat(length)),
    )
    const names = fc.uniqueArray(fc.array(name, { minLength: 1, maxLength: 3 }), { maxLength: 6, selector: String })
    try {
      await fc.assert(
        fc.asyncProperty(names, fc.array(fc.nat(3000), { minLength: 6, maxLength: 6 }), async (names, lengths) => {
          const entries = names.map((parts, at) => fileOf(parts.join('/'), text.subarray(0, lengths[at]), at % 2 === 1))
          writeFileSync(path, await written(entries))
          expect(await peer.ask({ do: 'read', path })).toEqual(await expectedOf(entries))
        }),
        { numRuns: 100 },
      )
    } finally {
      await peer.close()
    }
  })

  it.each(['USTAR_FORMAT', 'GNU_FORMAT', 'PAX_FORMAT'])('of its own are read: %s', async format => {
    const peer = startPython(python as string, TARFILE)
    const dir = format === 'USTAR_FORMAT' ? sample() : richSample()
    const path = join(scratchFolder(), 'a.tar')
    try {
      expect(await peer.ask({ do: 'write', path, dir, format })).toBe(null)
      expect(found(await readAll(readFileSync(path)))).toEqual(found(await readAll(await packed(dir))))
    } finally {
      await peer.close()
    }
  })
})

describeNeeding(isGnuTar ? undefined : 'GNU tar', 'tar archives in GNU tar', () => {
  const run = (args: string[], cwd: string) => {
    const { status, stdout, stderr } = spawnSync('tar', args, { cwd, encoding: 'utf8' })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    return stdout
  }

  it('unpack to what was packed, links and modes included', async () => {
    const dir = richSample()
    const there = scratchFolder()
    writeFileSync(join(there, 'a.tar'), await packed(dir))
    mkdirSync(join(there, 'out'))
    run(['-xpf', '../a.tar'], join(there, 'out'))
    expect(treeOf(join(there, 'out'))).toEqual(treeOf(dir))
  })

  it.each(['v7', 'ustar', 'oldgnu', 'gnu', 'posix'])('of its own are read: %s', async format => {
    const dir = format === 'v7' || format === 'ustar' ? sample() : richSample()
    const path = join(scratchFolder(), 'a.tar')
    run([`--format=${format}`, '--sort=name', '-cf', path, '.'], dir)
    expect(found(await readAll(readFileSync(path)))).toEqual(found(await readAll(await packed(dir))))
  })

  it('that are sparse are refused', async () => {
    const dir = scratchFolder()
    writeFileSync(join(dir, 'sparse'), '')
    truncateSync(join(dir, 'sparse'), 2 ** 20)
    for (const format of ['oldgnu', 'gnu', 'posix']) {
      const path = join(scratchFolder(), 'a.tar')
      run([`--format=${format}`, '-Scf', path, '.'], dir)
      await expect(readAll(readFileSync(path))).rejects.toMatchObject({ code: 'ENTRY_KIND' })
    }
  })
})

describeNeeding(bentomlMissing, 'tar archives in BentoML', () => {
  it('are imported', async () => {
    const base = scratchFolder()
    const models = new ModelStore(join(base, 'ours'))
    const model = await models.create('tarred:v1', {}, async dir => {
      mkdirSync(join(dir, 'd'))
      writeFileSync(join(dir, 'd/weights.bin'), text)
      writeFileSync(join(dir, 'd/日本'), 'x')
    })
    const path = join(base, 'model.tar')
    writeFileSync(path, await packed(model.path))
    expect(bentoml(join(base, 'theirs'), 'models', 'import', path)).toMatchObject({ code: 0 })
    const arrived = join(base, 'theirs/models/tarred/v1')
    expect(existsSync(join(arrived, 'model.yaml'))).toBe(true)
    expect(treeOf(arrived)).toEqual(treeOf(model.path))
  })
})
