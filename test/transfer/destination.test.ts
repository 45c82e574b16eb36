import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import type { ArchiveFormat } from '../../src/archive/types.js'
import { fullTag } from '../../src/core/tag.js'
import { BENTO_KIND, MODEL_KIND } from '../../src/store/kinds.js'
import { resolveDestination } from '../../src/transfer/destination.js'
import { scratchFolder } from '../support/home.js'

const TAG = fullTag('iris_clf', 'v1.0')

type Row = [destination: string, format: ArchiveFormat | undefined, name: string, found: ArchiveFormat]

// What BentoML 1.4.39 does; where it differs on purpose, the comment says what BentoML does.
const MODEL: Row[] = [
  ['', undefined, 'iris_clf-v1.0.bentomodel', 'bentomodel'],
  ['', 'gz', 'iris_clf-v1.0.gz', 'gz'],
  ['', 'folder', 'iris_clf-v1.0.folder', 'folder'],
  ['there', undefined, 'there/iris_clf-v1.0.bentomodel', 'bentomodel'],
  ['there', 'zip', 'there/iris_clf-v1.0.zip', 'zip'],
  ['there.zip', undefined, 'there.zip/iris_clf-v1.0.bentomodel', 'bentomodel'],
  // Nests a folder named after the version in it, and says `there`.
  ['there', 'folder', 'there/iris_clf-v1.0.folder', 'folder'],
  // Fails: no parent is made.
  ['new/', undefined, 'new/iris_clf-v1.0.bentomodel', 'bentomodel'],
  ['new/deep/a', undefined, 'new/deep/a.bentomodel', 'bentomodel'],
  ['a', undefined, 'a.bentomodel', 'bentomodel'],
  ['a', 'folder', 'a', 'folder'],
  ['v1.0', undefined, 'v1.0.bentomodel', 'bentomodel'],
  ['a.tar', undefined, 'a.tar', 'tar'],
  ['a.tar.gz', undefined, 'a.tar.gz', 'gz'],
  ['a.bentomodel', undefined, 'a.bentomodel', 'bentomodel'],
  ['a.bento', undefined, 'a.bento.bentomodel', 'bentomodel'],
  // All of these become `….bentomodel`.
  ['a.tgz', undefined, 'a.tgz', 'gz'],
  ['a.txz', undefined, 'a.txz', 'xz'],
  ['a.tbz2', undefined, 'a.tbz2', 'bz2'],
  ['A.ZIP', undefined, 'A.ZIP', 'zip'],
  ['a.x', 'gz', 'a.x', 'gz'],
  ['a.zip', 'tar', 'a.zip', 'tar'],
  ['a.x', 'bentomodel', 'a.x.bentomodel', 'bentomodel'],
  ['a.bentomodel', 'bentomodel', 'a.bentomodel', 'bentomodel'],
  // Becomes `a.tar.xz.bentomodel`, which is the same bytes.
  ['a.tar.xz', 'bentomodel', 'a.tar.xz', 'bentomodel'],
]

test.each(MODEL)('a model to %j as %s: %s', async (destination, format, name, found) => {
  const dir = scratchFolder()
  mkdirSync(join(dir, 'there'))
  mkdirSync(join(dir, 'there.zip'))
  const given = destination === '' ? `${dir}/` : `${dir}/${destination}`
  expect(await resolveDestination(given, TAG, MODEL_KIND, format)).toEqual({ path: join(dir, name), format: found })
})

test('a bento has an ending of its own', async () => {
  const dir = scratchFolder()
  const to = async (name: string) => (await resolveDestination(join(dir, name), TAG, BENTO_KIND)).path
  expect(await to('')).toBe(join(dir, 'iris_clf-v1.0.bento'))
  expect(await to('a')).toBe(join(dir, 'a.bento'))
  expect(await to('a.bentomodel')).toBe(join(dir, 'a.bentomodel.bento'))
})

test('relative paths count from the current directory, and none is that directory', async () => {
  const path = async (given?: string) => (await resolveDestination(given, TAG, MODEL_KIND)).path
  expect(await path()).toBe(resolve('iris_clf-v1.0.bentomodel'))
  expect(await path('')).toBe(resolve('iris_clf-v1.0.bentomodel'))
  expect(await path('.')).toBe(resolve('iris_clf-v1.0.bentomodel'))
  expect(await path('out/x')).toBe(resolve('out/x.bentomodel'))
})

test('a device or a pipe is what is meant, not a file beside it', async () => {
  const pipe = join(scratchFolder(), 'pipe')
  execFileSync('mkfifo', [pipe])
  for (const path of ['/dev/null', pipe]) {
    expect(await resolveDestination(path, TAG, MODEL_KIND)).toEqual({ path, format: 'bentomodel' })
    expect(await resolveDestination(path, TAG, MODEL_KIND, 'zip')).toEqual({ path, format: 'zip' })
  }
})

test('file: URLs are paths, with or without a slash at the end', async () => {
  const dir = scratchFolder()
  const url = pathToFileURL(join(dir, 'mit Leerzeichen.zip'))
  const expected = { path: join(dir, 'mit Leerzeichen.zip'), format: 'zip' }
  expect(await resolveDestination(url, TAG, MODEL_KIND)).toEqual(expected)
  expect(await resolveDestination(url.href, TAG, MODEL_KIND)).toEqual(expected)
  const folder = `${pathToFileURL(join(dir, 'new')).href}/`
  expect((await resolveDestination(folder, TAG, MODEL_KIND)).path).toBe(join(dir, 'new', 'iris_clf-v1.0.bentomodel'))
})

test('other URLs are refused without showing what they hold', async () => {
  for (const url of ['s3://key:secret@bucket/x', 'HTTPS://key:secret@host/', new URL('data:secret'), 'file://host/x']) {
    const refused = await resolveDestination(url, TAG, MODEL_KIND).catch(error => error)
    expect(refused).toMatchObject({ code: 'OPTION_INVALID', hint: expect.any(String) })
    expect(refused.message).not.toContain('secret')
  }
})

test('formats that are unknown, or of the other kind, are refused', async () => {
  const asked = (format: string) => resolveDestination(undefined, TAG, MODEL_KIND, format as ArchiveFormat)
  await expect(asked('rar')).rejects.toMatchObject({ code: 'FORMAT_UNKNOWN' })
  await expect(asked('bento')).rejects.toMatchObject({ code: 'OPTION_INVALID' })
  expect(await asked('tar.gz')).toMatchObject({ format: 'gz' })
})
