import {
  appendFileSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { computeDigest } from '../../src/store/digest.js'
import { ModelStore } from '../../src/store/index.js'
import { fixtureHome, scratchFolder, scratchHome } from '../support/home.js'

const TREE = 'tree:bmrpo4xfh6gdyax4'

test('computed while saving, kept in model.yaml, and what the files add up to', async () => {
  const models = new ModelStore(scratchHome())
  const model = await models.create('a:v1', { customObjects: { x: 1 } }, dir => {
    writeFileSync(join(dir, 'big'), Buffer.alloc(3_000_001, 7))
    writeFileSync(join(dir, 'empty'), '')
  })
  expect(model.info.digest).toMatch(/^sha256:[0-9a-f]{64}$/)
  expect(await models.digest(model)).toEqual({ digest: model.info.digest, size: model.info.size })
  expect(await computeDigest(model.path)).toEqual({ digest: model.info.digest, size: model.info.size })
  expect(existsSync(join(models.home, 'cache'))).toBe(false)
})

test('for a model of Python: computed once, then read from the cache, which goes with the model', async () => {
  const home = fixtureHome()
  const models = new ModelStore(home)
  const model = await models.get(TREE)
  const first = await models.digest(model)
  const cache = join(home, 'cache', 'digests', 'tree', 'bmrpo4xfh6gdyax4.json')
  expect(JSON.parse(readFileSync(cache, 'utf8'))).toMatchObject(first)
  // Proof that it is read: a digest that no file has.
  const fake = `sha256:${'0'.repeat(64)}`
  writeFileSync(cache, readFileSync(cache, 'utf8').replace(first.digest, fake))
  expect(await models.digest(model)).toEqual({ digest: fake, size: first.size })
  expect(readdirSync(join(home, 'tmp'))).toEqual([])
  await models.delete('digits:v1').catch(() => undefined)
  writeFileSync(cache, 'not JSON')
  expect(await models.digest(model)).toEqual(first)
})

test('the cache is not believed when a file changes, even with the size and time of before', async () => {
  const home = fixtureHome()
  const models = new ModelStore(home)
  const model = await models.get(TREE)
  const first = await models.digest(model)
  const file = join(model.path, 'weights', 'a.bin')
  const { atime, mtime } = statSync(file)
  const content = readFileSync(file)
  writeFileSync(file, content.fill(1))
  utimesSync(file, atime, mtime)
  const second = await models.digest(model)
  expect(second.size).toBe(first.size)
  expect(second.digest).not.toBe(first.digest)
  expect(second).toEqual(await computeDigest(model.path))
})

test('a recorded digest is not believed when the size is another', async () => {
  const models = new ModelStore(scratchHome())
  const model = await models.create('a:v1', {}, dir => writeFileSync(join(dir, 'w'), 'x'))
  appendFileSync(join(model.path, 'w'), 'y')
  expect(await models.digest(model)).toEqual(await computeDigest(model.path))
})

test('a cache that cannot be written is no error', async () => {
  const home = fixtureHome()
  writeFileSync(join(home, 'cache'), 'a file stands here')
  const models = new ModelStore(home)
  const model = await models.get(TREE)
  expect(await models.digest(model)).toEqual(await computeDigest(model.path))
})

test('the same for the same files anywhere', async () => {
  const models = new ModelStore(fixtureHome())
  const model = await models.get(TREE)
  const copy = join(scratchFolder(), 'copy')
  cpSync(model.path, copy, { recursive: true })
  expect(await computeDigest(copy)).toEqual(await models.digest(model))
})
