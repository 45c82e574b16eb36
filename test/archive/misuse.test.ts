import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { extract, pack } from '../../src/archive/index.js'
import { scratchFolder } from '../support/home.js'

/** What JavaScript may pass, whatever the types say. */
const loosely = { pack, extract } as unknown as Record<'pack' | 'extract', (...args: unknown[]) => Promise<unknown>>

function sample(): { dir: string; source: string; archive: string } {
  const dir = scratchFolder()
  mkdirSync(join(dir, 'source'))
  writeFileSync(join(dir, 'source/a.txt'), 'text')
  return { dir, source: join(dir, 'source'), archive: join(dir, 'a.tar') }
}

const invalid = { code: 'OPTION_INVALID', hint: expect.any(String) }

test('what are no options is refused before anything is done', async () => {
  const { dir, source, archive } = sample()
  for (const options of [null, 'tar', { onProgress: 'no' }, { signal: {} }, { level: null }]) {
    await expect(loosely.pack(source, archive, options)).rejects.toMatchObject(invalid)
  }
  await expect(loosely.pack(source, archive, { format: null })).rejects.toMatchObject({ code: 'FORMAT_UNKNOWN' })
  expect(readdirSync(dir)).toEqual(['source'])
  await pack(source, archive)
  for (const options of [null, 5, { onProgress: true }, { signal: 'stop' }]) {
    await expect(loosely.extract(archive, join(dir, 'out'), options)).rejects.toMatchObject(invalid)
  }
  expect(readdirSync(dir).sort()).toEqual(['a.tar', 'source'])
})

test('what is neither a path nor a stream is refused', async () => {
  const { dir, source } = sample()
  for (const odd of [undefined, null, 5, {}, '', 'a\0b', Readable.from([])]) {
    await expect(loosely.pack(source, odd, { format: 'tar' })).rejects.toMatchObject(invalid)
    await expect(loosely.pack(odd, join(dir, 'a.tar'))).rejects.toMatchObject(invalid)
    await expect(loosely.extract(source, odd)).rejects.toMatchObject(invalid)
  }
  expect(readdirSync(dir)).toEqual(['source'])
})

test('a file: URL may be written as text, and other URLs are refused without showing what they hold', async () => {
  const { dir, source } = sample()
  const target = join(dir, 'mit Leerzeichen.tar')
  const { path } = await pack(pathToFileURL(source).href, pathToFileURL(target).href)
  expect(path).toBe(target)
  expect((await extract(pathToFileURL(target).href, join(dir, 'out'))).files).toMatchObject([{ path: 'a.txt' }])
  for (const url of ['https://user:secret@host/x.tar', new URL('s3://key:secret@bucket/x.tar')]) {
    for (const call of [pack(source, url), pack(url, target), extract(url, join(dir, 'b')), extract(target, url)]) {
      const refused = await call.catch(error => error)
      expect(refused).toMatchObject(invalid)
      expect(refused.message).not.toContain('secret')
    }
  }
  expect(readdirSync(dir).sort()).toEqual(['mit Leerzeichen.tar', 'out', 'source'])
})
