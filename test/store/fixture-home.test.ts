import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { formatSize } from '../../src/core/text.js'
import { allModels, BentoStore, ModelStore } from '../../src/store/index.js'
import { bentomlFixture, fixtureHome, scratchFolder, tagsOf } from '../support/home.js'

// What `bentoml models list -o json` and `bentoml list -o json` said of the home, on a machine that keeps UTC.
const MODELS: { tag: string; module: string; size: string; creation_time: string }[] = fixture('home.models.json')
const BENTOS: { tag: string; size: string; model_size: string; creation_time: string }[] = fixture('home.bentos.json')

function fixture<T>(name: string): T {
  return JSON.parse(readFileSync(bentomlFixture(name), 'utf8')) as T
}

function utc(creationTime: string): string {
  expect(creationTime).toMatch(/\+00:00$/)
  return creationTime.slice(0, 19).replace('T', ' ')
}

function treeOf(dir: string): string {
  return execFileSync('find', ['.', '-printf', '%p %y %m %s %T@\n'], { cwd: dir, encoding: 'utf8' })
}

test('lists all models in the order, with the sizes and times that BentoML shows', async () => {
  const problems: unknown[] = []
  const home = fixtureHome()
  const before = treeOf(home)
  const listed = await new ModelStore(home).list(undefined, { onProblem: problem => problems.push(problem) })
  const rows = await Promise.all(
    listed.map(async model => ({
      tag: String(model.tag),
      module: model.module,
      size: formatSize(await model.size()),
      creation_time: utc(model.creationTime),
    })),
  )
  expect(rows).toEqual(MODELS)
  expect(problems).toEqual([])
  expect(treeOf(home)).toBe(before)
})

test('lists all bentos likewise, with the size of their models', async () => {
  const home = fixtureHome()
  const models = new ModelStore(home)
  const rows = []
  for (const bento of await new BentoStore(home).list()) {
    let modelSize = 0
    for (const model of allModels(bento.info)) modelSize += await (await models.get(model.tag)).size()
    rows.push({
      tag: String(bento.tag),
      size: formatSize(await bento.size()),
      model_size: formatSize(modelSize),
      creation_time: utc(bento.creationTime),
    })
  }
  expect(rows).toEqual(BENTOS)
})

test.each(MODELS.map(model => model.tag))('gets %s, and its whole manifest agrees', async tag => {
  const home = fixtureHome()
  const model = await new ModelStore(home).get(tag)
  expect(String(model.tag)).toBe(tag)
  expect(String(model.info.tag)).toBe(tag)
  expect(model.info.labels).toEqual(model.labels)
  expect(model.info.creationTime).toBe(model.creationTime)
  expect(model.info.module).toBe(model.module)
})

test('latest is what BentoML left', async () => {
  const home = fixtureHome()
  const store = new ModelStore(home)
  for (const name of new Set(MODELS.map(model => model.tag.split(':')[0] ?? ''))) {
    const latest = readFileSync(join(home, 'models', name, 'latest'), 'utf8')
    expect(String((await store.get(name)).tag)).toBe(`${name}:${latest}`)
  }
})

test('deletes everything, one by one, bentos before the models they use', async () => {
  const home = fixtureHome()
  const store = new ModelStore(home)
  await expect(store.delete('iris_clf:v2')).rejects.toMatchObject({
    code: 'MODEL_IN_USE',
    details: { bentos: ['greeter:b2', 'greeter:b1'].filter(tag => usesIris(home, tag)) },
  })
  const bentos = new BentoStore(home)
  for (const { tag } of BENTOS) expect(tagsOf(await bentos.delete(tag))).toEqual([tag])
  for (const { tag } of MODELS) {
    expect(tagsOf(await store.delete(tag))).toEqual([tag])
    expect(existsSync(join(home, 'models', ...tag.split(':')))).toBe(false)
  }
  expect(await store.list()).toEqual([])
  for (const folder of ['models', 'bentos', 'tmp']) {
    expect(execFileSync('find', [folder, '-mindepth', '1'], { cwd: home, encoding: 'utf8' })).toBe('')
  }
})

function usesIris(home: string, tag: string): boolean {
  return readFileSync(join(home, 'bentos', ...tag.split(':'), 'bento.yaml'), 'utf8').includes('tag: iris_clf:v2')
}

test('a digest can be recomputed with find and sha256sum', async () => {
  const home = fixtureHome()
  const store = new ModelStore(home)
  for (const tag of ['iris_clf:v2', 'tree:bmrpo4xfh6gdyax4', 'objects:v1']) {
    const model = await store.get(tag)
    const script = `find . -type f ! -path ./model.yaml -printf '%P\\0' | LC_ALL=C sort -z | xargs -0 sha256sum > "$1/sums"
      LC_ALL=C sort "$1/sums" | sha256sum | cut -d ' ' -f 1`
    const scratch = scratchFolder()
    const sum = execFileSync('sh', ['-c', script, 'sh', scratch], { cwd: model.path, encoding: 'utf8' }).trim()
    expect((await store.digest(model)).digest).toBe(`sha256:${sum}`)
  }
})
