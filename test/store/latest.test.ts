import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { fullTag } from '../../src/core/tag.js'
import { ModelStore } from '../../src/store/index.js'
import { saveModel, scratchHome } from '../support/home.js'

const time = (second: number) => `2026-01-01T00:00:0${second}+00:00`

async function three(): Promise<ModelStore> {
  const models = new ModelStore(scratchHome())
  for (const second of [1, 3, 2]) await saveModel(models, `m:v${second}`, { creationTime: time(second) })
  return models
}

function pointer(models: ModelStore): string {
  return readFileSync(join(models.root, 'm', 'latest'), 'utf8')
}

test('holds the bare version of the newest, no newline', async () => {
  expect(pointer(await three())).toBe('v3')
})

// F26
test.each([
  ['empty', ''],
  ['binary', Buffer.from([0, 255, 0, 1])],
  ['10 MB', 'v1'.padEnd(10_000_000, ' ')],
  ['a path out', '../../etc'],
  ['a path in', './v1'],
  ['dangling', 'v9'],
  ['several lines', 'v1\nv2'],
  ['not UTF-8', Buffer.from('v1\xe9', 'latin1')],
])('%s: the newest is found, reading writes nothing, the next save repairs it', async (_, content) => {
  const models = await three()
  const path = join(models.root, 'm', 'latest')
  writeFileSync(path, content)
  for (const tag of ['m', 'm:latest']) expect(String((await models.get(tag)).tag)).toBe('m:v3')
  expect(readFileSync(path).equals(Buffer.from(content))).toBe(true)
  await saveModel(models, 'm:v0', { creationTime: time(0) })
  expect(pointer(models)).toBe('v3')
})

test('missing: likewise', async () => {
  const models = await three()
  rmSync(join(models.root, 'm', 'latest'))
  expect(String((await models.get('m')).tag)).toBe('m:v3')
  await saveModel(models, 'm:v0', { creationTime: time(0) })
  expect(pointer(models)).toBe('v3')
})

test.each(['v1\r\n', ' v1\n', 'V1'])('%j is read as v1, as Python reads it', async content => {
  const models = await three()
  writeFileSync(join(models.root, 'm', 'latest'), content)
  expect(String((await models.get('m')).tag)).toBe('m:v1')
})

test('a folder in its place, as BentoML leaves it, breaks neither reading nor saving', async () => {
  const models = await three()
  rmSync(join(models.root, 'm', 'latest'))
  mkdirSync(join(models.root, 'm', 'latest'))
  writeFileSync(join(models.root, 'm', 'latest', 'model.yaml'), '')
  expect(String((await models.get('m')).tag)).toBe('m:v3')
  await saveModel(models, 'm:v4', { creationTime: time(4) })
  expect(String((await models.get('m')).tag)).toBe('m:v4')
  await models.delete('m:v4')
  expect(await models.list('m')).toHaveLength(3)
})

test('a link in its place is replaced, its target untouched', async () => {
  const models = await three()
  const path = join(models.root, 'm', 'latest')
  const target = join(models.home, 'precious')
  writeFileSync(target, 'v1')
  rmSync(path)
  symlinkSync(target, path)
  await saveModel(models, 'm:v4', { creationTime: time(4) })
  expect(pointer(models)).toBe('v4')
  expect(readFileSync(target, 'utf8')).toBe('v1')
})

test('follows creation time, ties to the later publish', async () => {
  const models = await three()
  await saveModel(models, 'm:tie', { creationTime: time(3) })
  expect(pointer(models)).toBe('tie')
  await saveModel(models, 'm:old', { creationTime: time(0) })
  expect(pointer(models)).toBe('tie')
})

test('setLatest points anywhere; a later save moves it by creation time; deleting another version leaves it', async () => {
  const models = await three()
  await models.setLatest('m:v1')
  expect(pointer(models)).toBe('v1')
  await models.delete('m:v2')
  expect(pointer(models)).toBe('v1')
  await saveModel(models, 'm:v4', { creationTime: time(4) })
  expect(pointer(models)).toBe('v4')
  await expect(models.setLatest('m:v9')).rejects.toMatchObject({ code: 'TAG_NOT_FOUND' })
})

test('"always", for a build, points at what was published however old it is', async () => {
  const models = await three()
  const draft = await models.begin()
  const manifest = readFileSync(join(models.root, 'm', 'v1', 'model.yaml'), 'utf8')
  writeFileSync(join(draft.dir, 'model.yaml'), manifest.replace('version: v1', 'version: v0'))
  const { tag } = await models.get('m:v1')
  await expect(draft.publish(tag, { latest: 'always' })).rejects.toMatchObject({ code: 'MANIFEST_INVALID' })
  const second = await models.begin()
  writeFileSync(join(second.dir, 'model.yaml'), manifest.replace('version: v1', 'version: v0'))
  await second.publish(fullTag('m', 'v0'), {
    latest: 'always',
  })
  expect(pointer(models)).toBe('v0')
  expect(readdirSync(join(models.home, 'tmp'))).toEqual([])
})

test('after the last version the name is gone', async () => {
  const models = await three()
  await models.delete('m')
  expect(readdirSync(models.root)).toEqual([])
})
