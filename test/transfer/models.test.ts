import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  createReadStream,
  createWriteStream,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, test } from 'vitest'
import { bentomlFixture, fixtureHome, saveModel, scratchFolder, tagsOf } from '../support/home.js'
import { treeOf } from '../support/tree.js'
import { FORMATS, oddModel, refusal, tarOf, wholeHome, world } from './world.js'

const manifestOf = (item: { path: string }) => readFileSync(join(item.path, 'model.yaml'), 'utf8')

describe('what BentoML saved', () => {
  const SAVED = [
    ...FORMATS.map(format => [`iris_clf-v2.model.${format}`, 'iris_clf:v2'] as const),
    ...['digits-v1', 'objects-v1', 'odd-1e5', 'tree-bmrpo4xfh6gdyax4'].flatMap(name =>
      ['bentomodel', 'zip'].map(format => [`${name}.model.${format}`, name.replace('-', ':')] as const),
    ),
  ]

  test.each(SAVED)('%s is %s, with everything', async (file, tag) => {
    const { models } = world()
    const imported = await models.importModel(bentomlFixture(`archives/${file}`))
    expect(imported).toMatchObject({ outcome: 'imported', notes: [] })
    expect(String(imported.tag)).toBe(tag)
    const peer = world(fixtureHome()).models
    const [model, saved] = [await models.get(tag), await peer.get(tag)]
    expect(manifestOf(model)).toBe(manifestOf(saved))
    expect(model.info).toEqual(saved.info)
    expect(model.creationTime).toBe(saved.creationTime)
    expect(await models.digest(model)).toEqual(await peer.digest(saved))
    // BentoML dissolves links in a zip, and keeps them in a tar.
    if (file.endsWith('.bentomodel')) expect(treeOf(model.path)).toEqual(treeOf(saved.path))
  })
})

describe('a round trip', () => {
  test.each(FORMATS)('as %s gives the same tree', async format => {
    const from = world()
    await oddModel(from)
    const before = wholeHome(from)
    const out = scratchFolder()
    const exported = await from.models.exportModel('odd', out, { format })
    expect(exported).toMatchObject({ path: join(out, `odd-v1.${format}`), format, bytes: expect.any(Number) })
    expect(String(exported.tag)).toBe('odd:v1')
    expect(wholeHome(from)).toEqual(before)
    const to = world()
    const imported = await to.models.importModel(join(out, `odd-v1.${format}`))
    expect(imported.outcome).toBe('imported')
    expect(treeOf(imported.model.path)).toEqual(treeOf((await from.models.get('odd:v1')).path))
    expect(readFileSync(join(to.models.root, 'odd', 'latest'), 'utf8')).toBe('v1')
  })

  test('by a stream and back', async () => {
    const from = world()
    await oddModel(from)
    for (const format of ['bentomodel', 'zip'] as const) {
      const file = join(scratchFolder(), 'anything')
      const stream = createWriteStream(file)
      const { path, bytes } = await from.models.exportModel('odd:v1', stream, { format })
      await new Promise(resolve => stream.end(resolve))
      expect(path).toBeUndefined()
      expect(bytes).toBe(readFileSync(file).length)
      const to = world()
      const { model } = await to.models.importModel(createReadStream(file))
      expect(treeOf(model.path)).toEqual(treeOf((await from.models.get('odd:v1')).path))
    }
  })

  test('keeps a manifest byte for byte, unknown keys and comments too', async () => {
    const dir = join(scratchFolder(), 'model')
    execFileSync('cp', ['-r', bentomlFixture('archives/iris_clf-v2.model.folder'), dir])
    const text = `# by hand\n${readFileSync(join(dir, 'model.yaml'), 'utf8')}future: {a: 1e5,   b: [~]}\n`
    writeFileSync(join(dir, 'model.yaml'), text)
    const { models } = world()
    const { model } = await models.importModel(dir)
    expect(manifestOf(model)).toBe(text)
    const { path } = await models.exportModel(model.tag, scratchFolder())
    expect(manifestOf((await world().models.importModel(path!)).model)).toBe(text)
  })
})

test('the same model gives the same bytes, wherever and by whomever it is exported', async () => {
  const first = world()
  await oddModel(first)
  const second = world()
  mkdirSync(second.home)
  execFileSync('cp', ['-r', join(first.home, 'models'), second.home])
  const { path } = await second.models.get('odd:v1')
  for (const [file, mode] of Object.entries({ 'run.sh': 0o700, '.hidden': 0o600, 'weights/a.bin': 0o664 })) {
    utimesSync(join(path, file), 1, 1)
    chmodSync(join(path, file), mode)
  }
  for (const format of FORMATS.filter(name => name !== 'folder')) {
    const one = await first.models.exportModel('odd:v1', join(scratchFolder(), 'one'), { format })
    const two = await second.models.exportModel('odd:v1', join(scratchFolder(), 'deep/two'), { format })
    expect(readFileSync(one.path!).equals(readFileSync(two.path!))).toBe(true)
  }
})

describe('an import', () => {
  const ARCHIVE = bentomlFixture('archives/iris_clf-v2.model.bentomodel')

  test('takes a URL, and any name', async () => {
    const file = join(scratchFolder(), 'no ending')
    writeFileSync(file, readFileSync(ARCHIVE))
    expect(String((await world().models.importModel(pathToFileURL(file))).tag)).toBe('iris_clf:v2')
    const zip = join(scratchFolder(), 'wrong.zip')
    writeFileSync(zip, readFileSync(ARCHIVE))
    expect(String((await world().models.importModel(pathToFileURL(zip).href)).tag)).toBe('iris_clf:v2')
  })

  test('under another tag changes name and version alone', async () => {
    const { models } = world()
    const saved = await world(fixtureHome()).models.get('iris_clf:v2')
    for (const [as, tag] of [
      ['iris_prod:1e5', 'iris_prod:1e5'],
      ['Other', 'other:v2'],
    ] as const) {
      const { model, outcome } = await models.importModel(ARCHIVE, { as })
      expect([String(model.tag), outcome]).toEqual([tag, 'imported'])
      expect(model.info).toEqual({ ...saved.info, tag: model.tag })
      expect(manifestOf(model).split('\n').slice(2)).toEqual(manifestOf(saved).split('\n').slice(2))
    }
    expect(tagsOf(await models.list()).sort()).toEqual(['iris_prod:1e5', 'other:v2'])
  })

  test('under another tag keeps the digest of a model of ours', async () => {
    const from = world()
    await oddModel(from)
    const { path } = await from.models.exportModel('odd:v1', scratchFolder())
    const { model } = await from.models.importModel(path!, { as: 'odd:v2' })
    const { digest } = await from.models.digest(model)
    expect(digest).toBe((await from.models.digest(await from.models.get('odd:v1'))).digest)
  })

  test('moves latest by creation time alone', async () => {
    const { models } = world()
    const latest = () => readFileSync(join(models.root, 'iris_clf', 'latest'), 'utf8')
    await saveModel(models, 'iris_clf:old', { creationTime: '2001-01-01T00:00:00+00:00' })
    await models.importModel(ARCHIVE)
    expect(latest()).toBe('v2')
    await saveModel(models, 'iris_clf:new', { creationTime: '2101-01-01T00:00:00+00:00' })
    await models.importModel(ARCHIVE, { as: 'iris_clf:again' })
    expect(latest()).toBe('new')
  })

  test('skips what the store holds, and says where that is another model', async () => {
    const { models } = world()
    await models.importModel(ARCHIVE)
    expect(await models.importModel(ARCHIVE, { skipExisting: true })).toMatchObject({ outcome: 'exists', notes: [] })
    await saveModel(models, 'iris_clf:mine')
    const renamed = await models.importModel(ARCHIVE, { skipExisting: true, as: 'iris_clf:mine' })
    expect(renamed).toMatchObject({ outcome: 'exists', notes: [expect.stringContaining('another one')] })
    expect(String(renamed.model.tag)).toBe('iris_clf:mine')
  })

  test('takes off the folder that a Mac packed, and what it put beside it', async () => {
    const dir = scratchFolder()
    execFileSync('cp', ['-r', bentomlFixture('archives/iris_clf-v2.model.folder'), join(dir, 'iris')])
    mkdirSync(join(dir, '__MACOSX/iris'), { recursive: true })
    writeFileSync(join(dir, '__MACOSX/iris/._model.yaml'), 'AppleDouble')
    writeFileSync(join(dir, '.DS_Store'), 'icons')
    for (const source of [dir, tarOf(dir, join(scratchFolder(), 'iris.tar'))]) {
      const stores = world()
      const { model, notes } = await stores.models.importModel(source)
      expect(readdirSync(model.path).sort()).toEqual(['model.onnx', 'model.yaml'])
      expect(notes).toEqual([expect.stringMatching(/"iris".*taken off\. What macOS .* left out\./)])
      expect(readdirSync(join(stores.home, 'tmp'))).toEqual([])
    }
  })

  test('takes off one folder around everything, and says so', async () => {
    const dir = scratchFolder()
    execFileSync('cp', ['-r', bentomlFixture('archives/iris_clf-v2.model.folder'), join(dir, 'top')])
    for (const source of [tarOf(dir, join(scratchFolder(), 'a.tar')), dir]) {
      const { model, notes } = await world().models.importModel(source)
      expect(notes).toEqual([expect.stringContaining('"top"')])
      expect(treeOf(model.path)).toEqual(treeOf(join(dir, 'top')))
    }
  })

  test('keeps to the limits that it is given', async () => {
    const stores = world()
    const importing = (limits: object) => () => stores.models.importModel(ARCHIVE, { limits })
    expect(await refusal(stores, importing({ entries: 1 }))).toMatchObject({ code: 'LIMIT_EXCEEDED' })
    expect(await refusal(stores, importing({ bytes: 100 }))).toMatchObject({ code: 'LIMIT_EXCEEDED' })
    await importing({ entries: 2 })()
  })

  test('tells how far it is', async () => {
    const seen: number[] = []
    await world().models.importModel(ARCHIVE, { onProgress: ({ done }) => seen.push(done) })
    expect(seen.at(-1)).toBe(readFileSync(ARCHIVE).length)
  })
})

test('an export replaces what stands there only when forced', async () => {
  const { models } = world(fixtureHome())
  const out = scratchFolder()
  const { path } = await models.exportModel('iris_clf:v2', out)
  renameSync(path!, join(out, 'a.zip'))
  await expect(models.exportModel('iris_clf:v2', join(out, 'a.zip'))).rejects.toMatchObject({ code: 'TARGET_EXISTS' })
  await models.exportModel('iris_clf:v2', join(out, 'a.zip'), { force: true })
  expect(readFileSync(join(out, 'a.zip')).subarray(0, 2).toString()).toBe('PK')
})
