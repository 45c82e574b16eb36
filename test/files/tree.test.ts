import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { copyTree } from '../../src/files/copy.js'
import { hashFile, hashTree } from '../../src/files/hash.js'
import { readSmallFile } from '../../src/files/read.js'
import { removeTree } from '../../src/files/remove.js'
import { treeSize } from '../../src/files/size.js'
import { walkTree } from '../../src/files/walk.js'
import { writeFileAtomic, writeNewFile } from '../../src/files/write.js'
import { scratchFolder } from '../support/home.js'

function put(root: string, path: string, content: string | Buffer = path): void {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), content)
}

function sample(): string {
  const root = scratchFolder()
  put(root, 'b/run.sh')
  chmodSync(join(root, 'b/run.sh'), 0o755)
  put(root, 'a.txt', 'hello')
  put(root, 'b.c', '')
  put(root, 'Ünï/模型 x.txt')
  mkdirSync(join(root, 'empty'))
  symlinkSync('b/run.sh', join(root, 'link'))
  symlinkSync('b', join(root, 'dirlink'))
  return root
}

test('walkTree lists everything sorted by path, links not followed', async () => {
  expect(await walkTree(sample())).toEqual([
    { path: 'a.txt', kind: 'file', size: 5, executable: false },
    { path: 'b', kind: 'dir', size: 0, executable: false },
    { path: 'b.c', kind: 'file', size: 0, executable: false },
    { path: 'b/run.sh', kind: 'file', size: 8, executable: true },
    { path: 'dirlink', kind: 'link', size: 0, executable: false, target: 'b' },
    { path: 'empty', kind: 'dir', size: 0, executable: false },
    { path: 'link', kind: 'link', size: 0, executable: false, target: 'b/run.sh' },
    { path: 'Ünï', kind: 'dir', size: 0, executable: false },
    { path: 'Ünï/模型 x.txt', kind: 'file', size: 18, executable: false },
  ])
})

test('walkTree refuses a pipe', async () => {
  const root = sample()
  execFileSync('mkfifo', [join(root, 'pipe')])
  await expect(walkTree(root)).rejects.toMatchObject({ code: 'IO_FAILED', message: expect.stringContaining('pipe') })
})

test('hashTree gives what find and sha256sum give', async () => {
  const root = sample()
  const output = execFileSync(
    'sh',
    ['-c', "find -L . -type f -printf '%P\\0' | LC_ALL=C sort -z | xargs -0 sha256sum"],
    {
      cwd: root,
      encoding: 'utf8',
    },
  )
  const hashed = await hashTree(root)
  expect(hashed.map(file => `${file.sha256}  ${file.path}`).sort()).toEqual(output.trimEnd().split('\n').sort())
  expect((await hashTree(root, ['a.txt'])).map(file => file.path)).not.toContain('a.txt')
})

test('hashTree refuses links to folders that stand for billions of files', async () => {
  const root = scratchFolder()
  mkdirSync(join(root, 'd0'))
  for (let level = 1; level <= 30; level++) {
    mkdirSync(join(root, `d${level}`))
    for (const name of ['l', 'r']) symlinkSync(`../d${level - 1}`, join(root, `d${level}`, name))
  }
  await expect(hashTree(root)).rejects.toMatchObject({
    code: 'VALUE_INVALID',
    message: expect.stringContaining('too many files'),
  })
})

test('hashFile: any length, chunk borders included', async () => {
  const path = join(scratchFolder(), 'file')
  for (const length of [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 5_000_000]) {
    writeFileSync(path, Buffer.alloc(length, 'abc'))
    expect(await hashFile(path)).toBe(execFileSync('sha256sum', [path], { encoding: 'utf8' }).slice(0, 64))
  }
})

test('copyTree keeps modes and links, filters folders whole, never overwrites', async () => {
  const from = sample()
  const to = join(scratchFolder(), 'copy')
  await copyTree(from, to, { filter: entry => entry.path !== 'Ünï' })
  expect(await walkTree(to)).toEqual((await walkTree(from)).filter(entry => !entry.path.startsWith('Ünï')))
  expect(lstatSync(join(to, 'b/run.sh')).mode & 0o777).toBe(0o755)
  expect(readFileSync(join(to, 'a.txt'), 'utf8')).toBe('hello')
  await expect(copyTree(from, to)).rejects.toMatchObject({ code: 'EEXIST' })
})

test('copyTree embeds what links outside point at, where asked', async () => {
  const outside = scratchFolder()
  put(outside, 'blob', 'weights')
  put(outside, 'dir/x', 'x')
  const from = scratchFolder()
  put(from, 'inner', 'i')
  symlinkSync('inner', join(from, 'stays'))
  symlinkSync(join(outside, 'blob'), join(from, 'model.bin'))
  symlinkSync(join(outside, 'dir'), join(from, 'folder'))
  const to = join(scratchFolder(), 'copy')
  await copyTree(from, to, { links: 'embed' })
  expect(readlinkSync(join(to, 'stays'))).toBe('inner')
  expect(lstatSync(join(to, 'model.bin')).isFile()).toBe(true)
  expect(readFileSync(join(to, 'model.bin'), 'utf8')).toBe('weights')
  expect(readFileSync(join(to, 'folder', 'x'), 'utf8')).toBe('x')
})

test('removeTree opens folders that forbid it, and follows no link', async () => {
  const root = scratchFolder()
  const precious = join(root, 'precious')
  put(root, 'precious/file')
  put(root, 'gone/deep/file')
  symlinkSync(precious, join(root, 'gone', 'link'))
  chmodSync(join(root, 'gone', 'deep'), 0o500)
  await removeTree(join(root, 'gone'))
  await removeTree(join(root, 'never there'))
  symlinkSync(precious, join(root, 'top'))
  await removeTree(join(root, 'top'))
  expect(readdirSync(root)).toEqual(['precious'])
  expect(existsSync(join(precious, 'file'))).toBe(true)
})

test('treeSize counts a link as the file it points at, and leaves out a known file', () => {
  const root = sample()
  expect(treeSize(root)).toBe(5 + 8 + 8 + 18)
  expect(treeSize(root, 'a.txt')).toBe(8 + 8 + 18)
  expect(treeSize(join(root, 'nowhere'))).toBe(0)
})

test('readSmallFile: any length and content', () => {
  const path = join(scratchFolder(), 'file')
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), fc.constantFrom(1, 1000), (text, times) => {
      const content = text.repeat(times)
      writeFileSync(path, content)
      expect(readSmallFile(path)).toEqual({ text: content, bytes: Buffer.byteLength(content) })
    }),
    { numRuns: 50 },
  )
  for (const length of [65535, 65536, 65537, 200_000]) {
    writeFileSync(path, 'é'.repeat(length / 2))
    expect(readSmallFile(path)).toEqual({ text: 'é'.repeat(length / 2), bytes: Math.floor(length / 2) * 2 })
  }
})

test('readSmallFile: what is not UTF-8 has no text', () => {
  const path = join(scratchFolder(), 'file')
  for (const length of [10, 100_000]) {
    writeFileSync(path, Buffer.concat([Buffer.alloc(length, 'a'), Buffer.from([0xff])]))
    expect(readSmallFile(path)).toEqual({ text: undefined, bytes: length + 1 })
  }
})

test('writeFileAtomic replaces a link instead of writing through it; writeNewFile refuses one', async () => {
  const root = scratchFolder()
  put(root, 'target', 'old')
  symlinkSync('target', join(root, 'link'))
  await expect(writeNewFile(join(root, 'link'), 'new')).rejects.toMatchObject({ code: 'EEXIST' })
  await writeFileAtomic(join(root, 'link'), 'new', root)
  expect(readFileSync(join(root, 'target'), 'utf8')).toBe('old')
  expect(readFileSync(join(root, 'link'), 'utf8')).toBe('new')
  mkdirSync(join(root, 'dir'))
  await expect(writeFileAtomic(join(root, 'dir'), 'new', root)).rejects.toThrow()
  expect(readdirSync(root).sort()).toEqual(['dir', 'link', 'target'])
})
