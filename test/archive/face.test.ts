import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { scratchFolder } from '../support/home.js'
import { loadedBy } from '../support/loaded-by.js'

const FACE = fileURLToPath(new URL('../../dist/archive/index.js', import.meta.url))
const DIST = dirname(dirname(FACE))

test('archives load nothing but Node and themselves: no store, no codec', () => {
  const loaded = [...loadedBy(FACE)]
  expect(loaded).not.toEqual([])
  expect(loaded.filter(path => !path.startsWith('node:') && !path.startsWith(DIST))).toEqual([])
  const text = loaded
    .filter(path => path.startsWith(DIST))
    .map(path => readFileSync(path, 'utf8'))
    .join('\n')
  // A word of each that stands in its code.
  expect(text).toContain('class Staging')
  for (const word of ['class ItemStore', 'model.yaml', 'unzip', 'bzip2-wasm', 'xz-decompress']) {
    expect(text).not.toContain(word)
  }
})

test('the face has what the docs tell of', async () => {
  const face = await import(FACE)
  expect(Object.keys(face).sort()).toEqual(
    ['ARCHIVE_FORMATS', 'BentoError', 'extract', 'formatOfName', 'isBentoError', 'pack'].sort(),
  )
})

test('a program that packs and unpacks ends by itself, in every format', () => {
  const dir = scratchFolder()
  mkdirSync(join(dir, 'source'))
  writeFileSync(join(dir, 'source/a.txt'), 'text '.repeat(100_000))
  const script = `
    import { ARCHIVE_FORMATS, extract, isBentoError, pack } from ${JSON.stringify(FACE)}
    for (const format of ARCHIVE_FORMATS) {
      const { path } = await pack('source', 'out/' + format, { format })
      const { files } = await extract(path, 'back/' + format)
      console.log(format, files[0].size)
    }
    const error = await pack('source', 'out/tar', { format: 'tar' }).catch(error => error)
    console.log(isBentoError(error, 'TARGET_EXISTS'))`
  const options = { cwd: dir, encoding: 'utf8', timeout: 50_000 } as const
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], options)
  const formats = ['bentomodel', 'bento', 'xz', 'gz', 'bz2', 'tar', 'zip', 'folder']
  expect(output.trim().split('\n')).toEqual([...formats.map(format => `${format} 500000`), 'true'])
})
