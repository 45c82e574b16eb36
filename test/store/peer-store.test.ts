import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ModelStore } from '../../src/store/index.js'
import { saveModel, scratchHome, tagsOf } from '../support/home.js'

// BentoML's own tests/unit/_internal/test_store.py, case by case.

const ALL = ['test:version1', 'test:otherprefix', 'test:version2', 'test:version3', 'test1:version1']

async function peerStore(): Promise<ModelStore> {
  const store = new ModelStore(scratchHome())
  let second = 10
  for (const tag of ALL) {
    // version3 is saved last and claims to be older than all.
    const time = tag === 'test:version3' ? '2020-01-01T00:00:00+00:00' : `2026-01-01T00:00:${second++}+00:00`
    await saveModel(store, tag, { creationTime: time })
  }
  writeFileSync(join(store.root, '.DS_store'), '')
  return store
}

test('1: creating an existing tag is an error and changes nothing', async () => {
  const store = await peerStore()
  await expect(saveModel(store, 'test:version1', { files: { a: 'other' } })).rejects.toMatchObject({
    code: 'TAG_EXISTS',
    hint: expect.stringContaining('immutable'),
  })
  expect(tagsOf(await store.list())).toHaveLength(5)
})

test('2: get an exact tag', async () => {
  const store = await peerStore()
  for (const tag of ALL) expect(String((await store.get(tag)).tag)).toBe(tag)
})

test('3: get by a unique prefix', async () => {
  const store = await peerStore()
  expect(String((await store.get('test:oth')).tag)).toBe('test:otherprefix')
})

test('4: the bare name and "latest" are the newest by creation time, although an older one was saved later', async () => {
  const store = await peerStore()
  for (const tag of ['test', 'test:latest']) expect(String((await store.get(tag)).tag)).toBe('test:version2')
  expect(String((await store.latest('test')).tag)).toBe('test:version2')
})

test('5: an ambiguous prefix is an error that lists the candidates', async () => {
  const store = await peerStore()
  await expect(store.get('test:ver')).rejects.toMatchObject({
    code: 'TAG_AMBIGUOUS',
    details: { candidates: ['test:version2', 'test:version1', 'test:version3'] },
  })
})

test('6: an unknown name or version is not found', async () => {
  const store = await peerStore()
  await expect(store.get('nonexistent')).rejects.toMatchObject({ code: 'TAG_NOT_FOUND' })
  await expect(store.get('nonexistent:latest')).rejects.toMatchObject({ code: 'TAG_NOT_FOUND' })
  await expect(store.get('test:version4')).rejects.toMatchObject({
    code: 'TAG_NOT_FOUND',
    hint: expect.stringContaining('test:version'),
  })
})

test('7, 8: list all, newest first, without the stray file; list a name', async () => {
  const store = await peerStore()
  expect(tagsOf(await store.list())).toEqual([
    'test1:version1',
    'test:version2',
    'test:otherprefix',
    'test:version1',
    'test:version3',
  ])
  expect(await store.list('test')).toHaveLength(4)
})

test('9, 10: list one version; unknown ones give an empty list', async () => {
  const store = await peerStore()
  expect(tagsOf(await store.list('test:version1'))).toEqual(['test:version1'])
  expect(await store.list('nonexistent:latest')).toEqual([])
  expect(await store.list('test:version4')).toEqual([])
  expect(await store.list('test:ver')).toEqual([])
  await expect(store.list('nonexistent')).rejects.toMatchObject({ code: 'TAG_NOT_FOUND' })
})

test('11: deleting what latest names makes it the next newest', async () => {
  const store = await peerStore()
  expect(tagsOf(await store.delete('test:version2'))).toEqual(['test:version2'])
  expect(String((await store.get('test')).tag)).toBe('test:otherprefix')
})

test('12: deleting an unknown version is not found, and a prefix never deletes', async () => {
  const store = await peerStore()
  await expect(store.delete('test:version4')).rejects.toMatchObject({ code: 'TAG_NOT_FOUND' })
  await expect(store.delete('test:oth')).rejects.toMatchObject({ code: 'TAG_NOT_FOUND' })
  expect(await store.list('test')).toHaveLength(4)
})

test('13: after its last version a name is gone', async () => {
  const store = await peerStore()
  await store.delete('test1:version1')
  await expect(store.get('test1')).rejects.toMatchObject({ code: 'TAG_NOT_FOUND' })
  await expect(store.list('test1')).rejects.toMatchObject({ code: 'TAG_NOT_FOUND' })
  // An unfinished folder that Python left is no version either.
  mkdirSync(join(store.root, 'test1'))
  await expect(store.list('test1')).rejects.toMatchObject({ code: 'TAG_NOT_FOUND' })
})

test('14: deleting a name removes every version', async () => {
  const store = await peerStore()
  expect(await store.delete('test')).toHaveLength(4)
  expect(tagsOf(await store.list())).toEqual(['test1:version1'])
})

test('15: an empty store lists nothing', async () => {
  expect(await new ModelStore(scratchHome()).list()).toEqual([])
})
