import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { isBentoError } from '../../src/core/errors.js'
import { BentoStore, bentosUsing, ModelStore } from '../../src/store/index.js'
import { fixtureHome, saveModel, scratchHome, tagsOf } from '../support/home.js'

test('a bento is created with its models pinned, listed, got and deleted', async () => {
  const bentos = new BentoStore(scratchHome())
  await saveModel(bentos.models, 'iris:v1')
  const options = { models: ['iris'], labels: { team: 'x' }, envs: [{ name: 'A', value: 'b', stage: 'all' as const }] }
  const made = await bentos.create('svc:b1', options, dir => writeFileSync(join(dir, 'README.md'), '# hi'))
  const bento = await bentos.get('svc')
  expect(bento.info).toEqual(made.info)
  expect(bento.info.models.map(model => String(model.tag))).toEqual(['iris:v1'])
  expect(bento.info.envs).toMatchObject([{ name: 'A', value: 'b', stage: 'all' }])
  expect(tagsOf(await bentos.list('svc', { labels: { team: 'x' } }))).toEqual(['svc:b1'])
  await expect(bentos.create('svc:b1', {}, () => {})).rejects.toMatchObject({ code: 'TAG_EXISTS' })
  await bentos.delete('svc:b1')
  expect(await bentos.list()).toEqual([])
})

test('a bento of an unknown model is refused before anything is written', async () => {
  const bentos = new BentoStore(scratchHome())
  await expect(bentos.create('svc:b1', { models: ['iris'] }, () => {})).rejects.toMatchObject({ code: 'TAG_NOT_FOUND' })
  expect(existsSync(bentos.root)).toBe(false)
})

test('a model that goes while its bento is made leaves no bento', async () => {
  const bentos = new BentoStore(scratchHome())
  await saveModel(bentos.models, 'iris:v1')
  const making = bentos.create('svc:b1', { models: ['iris'] }, () => bentos.models.delete('iris:v1'))
  await expect(making).rejects.toMatchObject({ code: 'MODEL_GONE', details: { models: ['iris:v1'] } })
  expect(existsSync(join(bentos.root, 'svc'))).toBe(false)
  expect(readdirSync(join(bentos.home, 'tmp'))).toEqual([])
})

test('a model in use is not deleted, not by its name either; the bentos are named', async () => {
  const home = fixtureHome()
  const models = new ModelStore(home)
  for (const tag of ['iris_clf:v2', 'iris_clf', 'tree:bmrpo4xfh6gdyax4']) {
    await expect(models.delete(tag)).rejects.toMatchObject({
      code: 'MODEL_IN_USE',
      message: expect.stringContaining('greeter:b1'),
    })
  }
  expect(await models.list('iris_clf')).toHaveLength(3)
  expect(readFileSync(join(models.root, 'iris_clf', 'latest'), 'utf8')).toBe('v3')
  expect(tagsOf(await models.delete('iris_clf:v1'))).toEqual(['iris_clf:v1'])
})

test('bentosUsing sees upper case and quoted tags, and keeps what a damaged bento names', async () => {
  const home = fixtureHome()
  const model = (await new ModelStore(home).get('digits:v1')).tag
  const before = (await bentosUsing(home, model)).map(String)
  const dir = join(home, 'bentos', 'odd', 'b1')
  mkdirSync(dir, { recursive: true })
  const text = "service: ''\nname: odd\nversion: b1\ncreation_time: '2030-01-01T00:00:00+00:00'\n"
  writeFileSync(join(dir, 'bento.yaml'), `${text}models:\n- tag: "Digits:V1"\n`)
  expect((await bentosUsing(home, model)).map(String)).toEqual(['odd:b1', ...before])
  writeFileSync(join(dir, 'bento.yaml'), `${text}models: digits:v1\n`)
  expect((await bentosUsing(home, model)).map(String)).toEqual(['odd:b1', ...before])
  writeFileSync(join(dir, 'bento.yaml'), `${text}models:\n- tag: digits:v1\n  registry: huggingface\n`)
  expect((await bentosUsing(home, model)).map(String)).toEqual(before)
  rmSync(dir, { recursive: true })
})

test('saving bentos and deleting their model at once: never a bento without its model', async () => {
  const bentos = new BentoStore(scratchHome())
  const outcomes = new Set<string>()
  for (let round = 0; round < 60; round++) {
    await saveModel(bentos.models, 'iris:v1')
    const results = await Promise.allSettled([
      bentos.create(`svc:b${round}`, { models: ['iris'] }, () => {}),
      bentos.models.delete('iris:v1'),
    ])
    for (const result of results) {
      const { reason } = result as { reason?: unknown }
      if (reason !== undefined && !isBentoError(reason, 'MODEL_GONE', 'MODEL_IN_USE', 'TAG_NOT_FOUND')) throw reason
    }
    const made = (await bentos.list()).length > 0
    const kept = (await bentos.models.list()).length > 0
    expect(made && !kept).toBe(false)
    outcomes.add(results.map(result => result.status).join())
    if (made) await bentos.delete('svc')
    if (kept) await bentos.models.delete('iris')
  }
  expect(outcomes.has('fulfilled,fulfilled')).toBe(false)
})
