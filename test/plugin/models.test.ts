import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { ModelStore } from '../../src/store/index.js'
import { saveModel, scratchHome } from '../support/home.js'
import { BUNDLERS, buildWith, entryIn, makeProject, type TestProject } from '../support/project.js'
import { failureOf } from './failure.js'

/** A store with two versions of a model, the older one in production, and another model. */
async function storeWithModels(): Promise<string> {
  const home = scratchHome()
  const store = new ModelStore(home)
  await saveModel(store, 'iris_clf:v1', {
    labels: { stage: 'production' },
    metadata: { classes: ['setosa'], big: 2n ** 60n },
    creationTime: '2024-01-01T00:00:00+00:00',
  })
  await saveModel(store, 'iris_clf:w2', { creationTime: '2024-02-01T00:00:00+00:00' })
  await saveModel(store, 'words:1e5', { creationTime: '2024-01-15T00:00:00+00:00' })
  return home
}

function projectAsking(...requests: string[]): TestProject {
  const imports = requests.map((request, index) => `import m${index} from 'virtual:bento/model/${request}'\n`)
  const names = requests.map((_, index) => `m${index}`)
  return makeProject({
    files: { 'src/service.js': `${imports.join('')}export const models = [${names.join(', ')}]\n` },
  })
}

/** Imports an emitted module anew, as a bento would with this store. */
async function load(file: string, home: string): Promise<Record<string, unknown>> {
  const before = process.env.BENTOML_HOME
  process.env.BENTOML_HOME = home
  onTestFinished(() => {
    if (before === undefined) delete process.env.BENTOML_HOME
    else process.env.BENTOML_HOME = before
  })
  return import(/* @vite-ignore */ pathToFileURL(file).href)
}

describe.each(BUNDLERS)('%s', bundler => {
  test('answers every kind of request, and pins what it answered', async () => {
    const home = await storeWithModels()
    const requests = ['iris_clf', 'iris_clf:latest', 'iris_clf:v1', 'iris_clf:w', 'iris_clf?stage=production', 'speech']
    const { report } = await buildWith(bundler, projectAsking(...requests), {
      home,
      options: { models: [{ tag: 'words:latest', alias: 'speech' }, 'words:1e5'] },
    })
    expect(report?.models.map(({ tag, requests, alias }) => ({ tag, requests, alias }))).toEqual([
      { tag: 'iris_clf:v1', requests: ['iris_clf:v1', 'iris_clf?stage=production'], alias: undefined },
      { tag: 'iris_clf:w2', requests: ['iris_clf', 'iris_clf:latest', 'iris_clf:w'], alias: undefined },
      { tag: 'words:1e5', requests: ['words:1e5'], alias: undefined },
      { tag: 'words:1e5', requests: ['speech', 'words:latest'], alias: 'speech' },
    ])
    const { models } = await load(entryIn(report), home)
    const found = models as { tag: string; path: string; info: { metadata: { big: bigint } } }[]
    expect(found.map(({ tag }) => tag)).toEqual([
      'iris_clf:w2',
      'iris_clf:w2',
      'iris_clf:v1',
      'iris_clf:w2',
      'iris_clf:v1',
      'words:1e5',
    ])
    expect(found[2]?.path).toBe(join(home, 'models/iris_clf/v1'))
    expect(found[2]?.info).toMatchObject({
      tag: 'iris_clf:v1',
      labels: { stage: 'production' },
      metadata: { classes: ['setosa'], big: 2n ** 60n },
      creationTime: '2024-01-01T00:00:00+00:00',
    })
    expect(Object.keys(found[2] ?? {})).toEqual(['tag', 'path', 'info'])
    expect(readFileSync(entryIn(report), 'utf8')).not.toContain('vite-plugin-bento/')
  })

  test('an alias wins over a model of the same name, and may be called like its own model', async () => {
    const home = await storeWithModels()
    const { report } = await buildWith(bundler, projectAsking('iris_clf', 'words'), {
      home,
      options: {
        models: [
          { tag: 'words', alias: 'iris_clf' },
          { tag: 'words', alias: 'words' },
        ],
      },
    })
    expect(report?.models.map(({ tag }) => tag)).toEqual(['words:1e5', 'words:1e5'])
  })

  test('loads dynamic imports whose names no file could have', async () => {
    const home = await storeWithModels()
    await saveModel(new ModelStore(home), 'style.css:labels.json', { labels: { 'a b': 'c&d' } })
    const project = makeProject({
      files: {
        'src/service.js': `export const load = () => Promise.all([
  import('virtual:bento/model/iris_clf:v1'),
  import('virtual:bento/model/style.css:labels.json'),
  import('virtual:bento/model/style.css'),
  import('virtual:bento/model/style.css?a+b=c%26d'),
])
`,
      },
    })
    const { report } = await buildWith(bundler, project, { home })
    const service = await load(entryIn(report), home)
    const loaded = (await (service.load as () => Promise<{ default: { tag: string; path: string } }[]>)()).map(
      module => [module.default.tag, module.default.path] as const,
    )
    expect(loaded.map(([tag]) => tag)).toEqual([
      'iris_clf:v1',
      'style.css:labels.json',
      'style.css:labels.json',
      'style.css:labels.json',
    ])
    // Lazy chunks may lie in folders below the entry.
    expect(loaded[0]?.[1]).toBe(join(home, 'models/iris_clf/v1'))
  })

  test('says who imports an unknown model, from which store, and what is alike', async () => {
    const home = await storeWithModels()
    const { code, message } = await failureOf(() => buildWith(bundler, projectAsking('iris_cfl'), { home }))
    expect(code).toBe('TAG_NOT_FOUND')
    expect(message).toMatch(/src\/service\.js imports virtual:bento\/model\/iris_cfl/)
    expect(message).toContain(join(home, 'models'))
    expect(message).toContain('iris_clf')
  })

  test.each([
    ['iris_clf:x', 'TAG_NOT_FOUND'],
    ['iris_clf?stage=dev', 'TAG_NOT_FOUND'],
    ['a:b:c', 'REQUEST_INVALID'],
    ['../../etc', 'REQUEST_INVALID'],
  ])('refuses %s: %s', async (request, expected) => {
    const home = await storeWithModels()
    expect((await failureOf(() => buildWith(bundler, projectAsking(request), { home }))).code).toBe(expected)
  })

  test('refuses an ambiguous prefix, listing the candidates', async () => {
    const home = await storeWithModels()
    await saveModel(new ModelStore(home), 'iris_clf:w22')
    const { code, message } = await failureOf(() => buildWith(bundler, projectAsking('iris_clf:w'), { home }))
    expect(code).toBe('TAG_AMBIGUOUS')
    expect(message).toContain('w22')
  })

  test('refuses an unknown model of the option, naming the option', async () => {
    const home = await storeWithModels()
    const build = () => buildWith(bundler, projectAsking(), { home, options: { models: ['nope'] } })
    const { code, message } = await failureOf(build)
    expect(code).toBe('TAG_NOT_FOUND')
    expect(message).toContain('option models')
  })

  test('tells of a model that was deleted between resolving and publishing', async () => {
    const home = await storeWithModels()
    const remove = { name: 'remove', writeBundle: () => new ModelStore(home).delete('iris_clf:v1') }
    const build = () => buildWith(bundler, projectAsking('iris_clf:v1'), { home, after: [remove] })
    expect((await failureOf(build)).code).toBe('MODEL_GONE')
  })

  test('one build answers a request once, whatever is saved meanwhile', async () => {
    const home = await storeWithModels()
    let saved = false
    const save = {
      name: 'save',
      async moduleParsed({ id }: { id: string }) {
        if (saved || !id.includes('virtual:bento/model/')) return
        saved = true
        await saveModel(new ModelStore(home), 'iris_clf:x3')
      },
    }
    const { report } = await buildWith(bundler, projectAsking('iris_clf', 'iris_clf:latest'), { home, before: [save] })
    expect(report?.models.map(({ tag }) => tag)).toEqual(['iris_clf:w2'])
  })
})
