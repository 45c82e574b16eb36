import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { checksumLine } from '../../src/core/digest.js'
import { checkChecksums, parseChecksums } from '../../src/transfer/checksums.js'
import { scratchFolder } from '../support/home.js'

const sha = (text: string) => createHash('sha256').update(text).digest('hex')

test('reads every line that we write', () => {
  const path = fc.string({
    minLength: 1,
    unit: fc.oneof(fc.constantFrom('\\', '\n', '\r', ' ', '*', '/'), fc.string()),
  })
  fc.assert(
    fc.property(
      fc.dictionary(
        path.filter(text => text !== '' && !text.startsWith('./')),
        fc.string(),
      ),
      files => {
        const lines = Object.entries(files).map(([name, text]) => checksumLine({ path: name, sha256: sha(text) }))
        const expected = Object.entries(files).map(([name, text]) => [name, sha(text)])
        expect([...parseChecksums(lines.join(''), 'x')]).toEqual(expected)
      },
    ),
  )
})

test('reads what sha256sum writes, in text and binary mode', () => {
  const dir = scratchFolder()
  mkdirSync(join(dir, 'sub'))
  const names = ['a', 'sub/with space', 'back\\slash', 'line\nbreak']
  for (const name of names) writeFileSync(join(dir, name), name)
  for (const mode of ['--text', '--binary']) {
    const command = `find . -type f -print0 | xargs -0 sha256sum ${mode}`
    const found = parseChecksums(execFileSync('sh', ['-c', command], { cwd: dir, encoding: 'utf8' }), 'x')
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(names.map(name => [name, sha(name)])))
  }
})

test('says which files are missing or others, and how many more', () => {
  const sums = new Map(['a', 'b', '../c', 'd', 'e', 'f', 'g'].map(path => [path, sha(path)]))
  const files = ['a', 'b', 'h'].map(path => ({ path, sha256: sha(path === 'b' ? 'other' : path) }))
  const failure = { code: 'DIGEST_MISMATCH', details: { files: ['b', '../c', 'd', 'e', 'f', 'g'] } }
  expect(() => checkChecksums(sums, files, 'x.bento')).toThrowError(expect.objectContaining(failure))
  expect(() => checkChecksums(sums, files, 'x.bento')).toThrow(/"b" \(changed\), "..\/c" \(missing\).* and 1 more/)
  expect(() => checkChecksums(new Map([['a', sha('a')]]), files, 'x.bento')).not.toThrow()
})

test('a line that is none is refused', () => {
  for (const text of ['hello\n', `${'0'.repeat(63)}  a\n`, `SHA256 (a) = ${'0'.repeat(64)}\n`]) {
    expect(() => parseChecksums(text, 'x')).toThrowError(expect.objectContaining({ code: 'DIGEST_MISMATCH' }))
  }
})
