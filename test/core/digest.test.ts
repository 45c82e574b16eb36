import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { checksumLine, digestOfFiles, isDigest } from '../../src/core/digest.js'

const names = ['b.txt', 'a.txt', 'Ü.txt', '\uffee.txt', '😀.txt', 'with space']
const files = names.map(path => ({ path, sha256: createHash('sha256').update(path).digest('hex') }))

test.skipIf(process.platform !== 'linux')('anyone can recompute it with sha256sum', () => {
  const dir = mkdtempSync(join(tmpdir(), 'bento-digest-'))
  try {
    for (const name of names) writeFileSync(join(dir, name), name)
    const sums = execFileSync('sh', ['-c', 'sha256sum -- * | LC_ALL=C sort | sha256sum'], {
      cwd: dir,
      encoding: 'utf8',
    })
    expect(digestOfFiles(files)).toBe(`sha256:${sums.slice(0, 64)}`)
  } finally {
    rmSync(dir, { recursive: true })
  }
})

test('the order of the files does not matter', () => {
  expect(digestOfFiles([...files].reverse())).toBe(digestOfFiles(files))
  expect(digestOfFiles([])).toBe(`sha256:${createHash('sha256').digest('hex')}`)
})

test('a path that would break a line is escaped as sha256sum does', () => {
  expect(checksumLine({ path: 'a\\b\nc', sha256: 'ff' })).toBe('\\ff  a\\\\b\\nc\n')
  expect(checksumLine({ path: 'a/b', sha256: 'ff' })).toBe('ff  a/b\n')
})

test('a digest has one form', () => {
  expect(isDigest(digestOfFiles(files))).toBe(true)
  for (const bad of [
    '',
    'sha256:',
    `sha256:${'F'.repeat(64)}`,
    'a'.repeat(64),
    `sha256:${'a'.repeat(64)}\n`,
    7,
    null,
  ]) {
    expect(isDigest(bad)).toBe(false)
  }
})
