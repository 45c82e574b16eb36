import { expect, test } from 'vitest'
import { ModelStore, resolveModel } from '../../src/store/index.js'
import { fixtureHome, saveModel, scratchHome } from '../support/home.js'

async function resolved(store: ModelStore, request: string, aliases?: Map<string, string>): Promise<string> {
  return String((await resolveModel(store, request, aliases)).tag)
}

test('every kind of request', async () => {
  const store = new ModelStore(fixtureHome())
  expect(await resolved(store, 'iris_clf')).toBe('iris_clf:v3')
  expect(await resolved(store, 'iris_clf:latest')).toBe('iris_clf:v3')
  expect(await resolved(store, 'iris_clf:v2')).toBe('iris_clf:v2')
  expect(await resolved(store, 'tree:bmr')).toBe('tree:bmrpo4xfh6gdyax4')
  expect(await resolved(store, 'iris_clf?stage=production')).toBe('iris_clf:v2')
  expect(await resolved(store, 'odd:1e5')).toBe('odd:1e5')
})

test('an alias wins over a model of the same name, and is followed once', async () => {
  const store = new ModelStore(fixtureHome())
  const aliases = new Map([
    ['classifier', 'iris_clf?stage=production'],
    ['iris_clf', 'digits'],
    ['digits', 'objects'],
  ])
  expect(await resolved(store, 'classifier', aliases)).toBe('iris_clf:v2')
  expect(await resolved(store, 'iris_clf', aliases)).toBe('digits:v1')
  expect(await resolved(store, 'iris_clf:latest', aliases)).toBe('iris_clf:v3')
})

test('errors name the request, the store and what is near', async () => {
  const store = new ModelStore(fixtureHome())
  await expect(resolved(store, 'iris_cls')).rejects.toMatchObject({
    code: 'TAG_NOT_FOUND',
    message: expect.stringMatching(new RegExp(`${store.root}.*iris_cls.*iris_clf`)),
  })
  await expect(resolved(store, 'iris_clf:v')).rejects.toMatchObject({
    code: 'TAG_AMBIGUOUS',
    message: expect.stringContaining('iris_clf:v3, iris_clf:v2, iris_clf:v1'),
  })
  await expect(resolved(store, 'iris_clf?stage=gone')).rejects.toMatchObject({
    code: 'TAG_NOT_FOUND',
    message: expect.stringContaining('stage=gone'),
  })
  await expect(resolved(store, 'iris_clf:v2?stage=x')).rejects.toMatchObject({ code: 'REQUEST_INVALID' })
  await expect(resolved(store, 'gone?stage=x')).rejects.toMatchObject({ code: 'TAG_NOT_FOUND' })
})

test('a label query takes the newest that matches', async () => {
  const store = new ModelStore(scratchHome())
  for (const second of [1, 3, 2]) {
    const creationTime = `2026-01-01T00:00:0${second}+00:00`
    await saveModel(store, `m:v${second}`, { creationTime, labels: { stage: second < 3 ? 'prod' : 'dev' } })
  }
  expect(await resolved(store, 'm?stage=prod')).toBe('m:v2')
})
