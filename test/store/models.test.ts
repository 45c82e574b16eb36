import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { now, parseTime } from '../../src/core/time.js'
import { ModelStore } from '../../src/store/index.js'
import { fixtureHome, saveModel, scratchFolder, scratchHome, tagsOf } from '../support/home.js'

function store(): ModelStore {
  return new ModelStore(scratchHome())
}

function leftovers(home: string): string[] {
  return existsSync(join(home, 'tmp')) ? readdirSync(join(home, 'tmp')) : []
}

describe('tests/unit/_internal/models/test_model.py', () => {
  test('a: a saved model carries BentoML keys in order, a UTC time between before and after, and reads back equal', async () => {
    const models = store()
    const before = now()
    const model = await models.create(
      'iris_clf:V1',
      {
        labels: { stage: 'dev', '1': 'on' },
        metadata: { accuracy: 0.97, classes: ['a', 'b'], nested: { deep: [1, 2] } },
        options: { threads: 2 },
        module: 'bentoml.onnx',
        signatures: { run: { batchable: true, batchDim: 0 } },
        context: { frameworkName: 'onnx', frameworkVersions: { onnx: '1.0' } },
        apiVersion: 'v2',
      },
      dir => writeFileSync(join(dir, 'model.onnx'), 'weights'),
    )
    const after = now()
    expect(String(model.tag)).toBe('iris_clf:v1')
    const text = readFileSync(join(model.path, 'model.yaml'), 'utf8')
    expect([...text.matchAll(/^(\w+):/gm)].map(match => match[1])).toEqual([
      'name',
      'version',
      'module',
      'labels',
      'options',
      'metadata',
      'context',
      'signatures',
      'api_version',
      'creation_time',
      'node',
    ])
    expect(text).toMatch(/^creation_time: '\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?\+00:00'$/m)
    expect(text).toMatch(/^ {2}bentoml_version: \S+\n {2}python_version: /m)
    const micros = parseTime(model.creationTime)?.micros ?? 0n
    expect(micros >= before && micros <= after).toBe(true)
    const again = await models.get('iris_clf:v1')
    expect(again.info).toEqual(model.info)
    expect(again.info.metadata).toEqual({ accuracy: 0.97, classes: ['a', 'b'], nested: { deep: [1, 2] } })
    expect(again.info.nodeVersion).toBe(process.versions.node)
    expect(again.labels).toEqual({ stage: 'dev', '1': 'on' })
  })

  test('b, c: a model is named by its tag; a given version is kept, a missing one made as BentoML makes it', async () => {
    const models = store()
    expect(`${await models.create('name:v1', {}, () => {})}`).toBe('name:v1')
    const auto = await models.create('name', {}, () => {})
    expect(auto.tag.version).toMatch(/^[a-z2-7]{16}$/)
  })

  test('f: a folder without model.yaml, and one whose model.yaml is a scalar, are errors', async () => {
    const models = store()
    mkdirSync(join(models.root, 'broken', 'none'), { recursive: true })
    mkdirSync(join(models.root, 'broken', 'scalar'))
    writeFileSync(join(models.root, 'broken', 'scalar', 'model.yaml'), 'just text\n')
    for (const tag of ['broken:none', 'broken:scalar']) {
      await expect(models.get(tag)).rejects.toMatchObject({ code: 'MANIFEST_INVALID' })
    }
  })
})

describe('tests/unit/test_models.py', () => {
  test('the latest is the second of two; files and folders are readable; it falls back when that one goes', async () => {
    const models = store()
    const fill = (text: string) => (dir: string) => {
      mkdirSync(join(dir, 'sub'))
      writeFileSync(join(dir, 'sub', 'file'), text)
    }
    await models.create('testmodel:first', {}, fill('one'))
    await models.create('testmodel:second', {}, fill('two'))
    await models.create('other', {}, fill('three'))
    const latest = await models.get('testmodel')
    expect(String(latest.tag)).toBe('testmodel:second')
    expect(readFileSync(join(latest.path, 'sub', 'file'), 'utf8')).toBe('two')
    await models.delete('testmodel:second')
    await expect(models.delete('testmodel:second')).rejects.toMatchObject({ code: 'TAG_NOT_FOUND' })
    expect(String((await models.get('testmodel')).tag)).toBe('testmodel:first')
  })
})

describe('create', () => {
  test('"latest" is refused as a version, bad tags too, before anything is written', async () => {
    const models = store()
    for (const name of ['a:latest', 'a:', ':b', 'a:b:c', 'Bad Name', '../x', `${'a'.repeat(64)}`, 'a:-v', 'a:v\n']) {
      await expect(models.create(name, {}, () => {})).rejects.toMatchObject({ code: 'TAG_INVALID' })
    }
    expect(existsSync(models.home)).toBe(false)
  })

  test('values that Python could not read back are refused, all at once, before write runs', async () => {
    const models = store()
    const bad = { labels: { stage: 1 as unknown as string }, metadata: { a: null, b: { c: [undefined] } } }
    let ran = false
    const write = () => {
      ran = true
    }
    await expect(models.create('a:v1', bad, write)).rejects.toMatchObject({
      code: 'VALUE_INVALID',
      message: expect.stringMatching(/labels\.stage.*metadata\.a.*metadata\.b\.c/),
    })
    expect(ran).toBe(false)
  })

  test('when write throws, nothing is visible, nothing is left, and its error comes through', async () => {
    const models = store()
    const mine = new Error('mine')
    const failing = models.create('a:v1', {}, dir => {
      writeFileSync(join(dir, 'half'), 'x')
      throw mine
    })
    await expect(failing).rejects.toBe(mine)
    expect(await models.list()).toEqual([])
    expect(existsSync(join(models.root, 'a'))).toBe(false)
    expect(leftovers(models.home)).toEqual([])
  })

  test('the folder gets the mode of the umask, files keep theirs', async () => {
    const models = store()
    const model = await models.create('a:v1', {}, dir => {
      writeFileSync(join(dir, 'run.sh'), '#!/bin/sh\n')
      chmodSync(join(dir, 'run.sh'), 0o750)
    })
    const umask = process.umask()
    expect(lstatSync(model.path).mode & 0o777).toBe(0o777 & ~umask)
    expect(lstatSync(join(model.path, 'run.sh')).mode & 0o777).toBe(0o750)
  })

  test('a model.yaml that came along is replaced, and a link in its place is not written through', async () => {
    const models = store()
    const outside = join(scratchFolder(), 'outside')
    writeFileSync(outside, 'untouched')
    const model = await models.create('a:v1', {}, dir => symlinkSync(outside, join(dir, 'model.yaml')))
    expect(readFileSync(outside, 'utf8')).toBe('untouched')
    expect(model.info.tag.name).toBe('a')
    expect(lstatSync(join(model.path, 'model.yaml')).isFile()).toBe(true)
  })

  test('links that lead outside, nowhere or in circles are refused, all named; inner ones stay', async () => {
    const models = store()
    const bad = models.create('a:v1', {}, dir => {
      symlinkSync('/etc/hostname', join(dir, 'abs'))
      symlinkSync('../../x', join(dir, 'up'))
      symlinkSync('gone', join(dir, 'dangling'))
      symlinkSync('.', join(dir, 'circle'))
    })
    await expect(bad).rejects.toMatchObject({
      code: 'VALUE_INVALID',
      message: expect.stringMatching(/abs.*circle.*dangling.*up/),
    })
    expect(leftovers(models.home)).toEqual([])
    const good = await models.create('a:v1', {}, dir => {
      mkdirSync(join(dir, 'real'))
      writeFileSync(join(dir, 'real', 'file'), 'x')
      symlinkSync('real/file', join(dir, 'file'))
      symlinkSync('real', join(dir, 'dir'))
    })
    expect(lstatSync(join(good.path, 'file')).isSymbolicLink()).toBe(true)
    expect(lstatSync(join(good.path, 'dir')).isSymbolicLink()).toBe(true)
  })

  test('a version written in upper case is stored in lower case', async () => {
    const models = store()
    await models.create('Iris:V1', {}, () => {})
    expect(tagsOf(await models.list())).toEqual(['iris:v1'])
  })

  test('framework and its version come from the installed package; what context says goes before', async () => {
    const models = store()
    const model = await models.create('a', { framework: 'yaml' }, () => {})
    const installed = JSON.parse(readFileSync(join('node_modules', 'yaml', 'package.json'), 'utf8')) as {
      version: string
    }
    expect(model.info.context).toMatchObject({ frameworkName: 'yaml', frameworkVersions: { yaml: installed.version } })
    const own = await models.create('a', { framework: 'yaml', context: { frameworkName: 'mine' } }, () => {})
    expect(own.info.context.frameworkName).toBe('mine')
  })
})

describe('custom objects', () => {
  test('JSON values come back', async () => {
    const models = store()
    const objects = { classes: ['a', 'b'], scale: { mean: 1.5, none: null } }
    await models.create('a:v1', { customObjects: objects }, () => {})
    expect(await (await models.get('a')).customObjects()).toEqual(objects)
    expect(await (await models.create('b', {}, () => {})).customObjects()).toEqual({})
  })

  test('what JSON would lose or change is refused, every path named', async () => {
    const circle: Record<string, unknown> = {}
    circle.self = circle
    const objects = {
      date: new Date(),
      fn: () => 1,
      big: 1n,
      nan: Number.NaN,
      list: [undefined],
      map: new Map(),
      circle,
    }
    await expect(store().create('a:v1', { customObjects: objects }, () => {})).rejects.toMatchObject({
      code: 'VALUE_INVALID',
      details: {
        problems: [
          'customObjects.date is a Date',
          'customObjects.fn is a function',
          'customObjects.big is a bigint',
          'customObjects.nan is NaN',
          'customObjects.list[0] is undefined',
          'customObjects.map is a Map',
          'customObjects.circle.self holds itself',
        ],
      },
    })
  })

  test("a pickle is kept as it is and never read; only Python's values are out of reach", async () => {
    const model = await new ModelStore(fixtureHome()).get('objects')
    expect(existsSync(join(model.path, 'custom_objects.pkl'))).toBe(true)
    await expect(model.customObjects()).rejects.toMatchObject({
      code: 'VALUE_INVALID',
      message: expect.stringContaining('only Python'),
    })
  })
})

describe('list', () => {
  test('a damaged item, odd folders and a half-written save are skipped and reported; others are listed', async () => {
    const models = store()
    await saveModel(models, 'good:v1')
    const at = (...path: string[]) => join(models.root, ...path)
    for (const dir of [
      ['half', 'v1'],
      ['.hidden'],
      ['Bad Name'],
      ['good', 'latest-2'],
      ['good', '.tmp-1'],
      ['moved', 'v1'],
      ['latin', 'v1'],
    ]) {
      mkdirSync(at(...dir), { recursive: true })
    }
    writeFileSync(at('good', 'latest-2', 'model.yaml'), 'name: good\nversion: [\n')
    writeFileSync(at('moved', 'v1', 'model.yaml'), readFileSync(at('good', 'v1', 'model.yaml')))
    const latin = readFileSync(at('good', 'v1', 'model.yaml'), 'latin1').replaceAll('good', 'latin')
    writeFileSync(at('latin', 'v1', 'model.yaml'), latin.replace('metadata: {}', 'metadata:\n  place: Köln'), 'latin1')
    writeFileSync(at('stray'), '')
    const problems: string[] = []
    const listed = await models.list(undefined, {
      onProblem: ({ path, reason }) => problems.push(`${path.slice(models.root.length + 1)}: ${reason}`),
    })
    expect(tagsOf(listed)).toEqual(['good:v1'])
    expect(problems.sort()).toEqual([
      expect.stringMatching(/^\.hidden: its name/),
      expect.stringMatching(/^Bad Name: its name/),
      expect.stringMatching(/^good\/\.tmp-1: its name/),
      expect.stringMatching(/^good\/latest-2: /),
      expect.stringMatching(/^half\/v1: it has no model\.yaml: a save by Python/),
      expect.stringMatching(/^latin\/v1: its model\.yaml is not UTF-8/),
      expect.stringMatching(/^moved\/v1: its manifest says "good:v1"/),
    ])
    await expect(models.get('half')).rejects.toMatchObject({
      code: 'TAG_NOT_FOUND',
      message: expect.stringContaining('it has no model.yaml'),
    })
    // A stray file in place of a name is no name.
    await expect(models.get('stray')).rejects.toMatchObject({ code: 'TAG_NOT_FOUND' })
    await expect(models.get('stray:v1')).rejects.toMatchObject({ code: 'TAG_NOT_FOUND' })
  })

  test('by labels: all must match', async () => {
    const models = store()
    await saveModel(models, 'a:v1', { labels: { stage: 'prod', owner: 'x' } })
    await saveModel(models, 'a:v2', { labels: { stage: 'dev', owner: 'x' } })
    await saveModel(models, 'b:v1', { labels: { stage: 'prod', 'key "q"': '日本' } })
    expect(tagsOf(await models.list(undefined, { labels: { stage: 'prod' } }))).toEqual(['b:v1', 'a:v1'])
    expect(tagsOf(await models.list('a', { labels: { stage: 'prod', owner: 'x' } }))).toEqual(['a:v1'])
    expect(tagsOf(await models.list(undefined, { labels: { 'key "q"': '日本' } }))).toEqual(['b:v1'])
    expect(await models.list('a', { labels: { toString: 'x' } })).toEqual([])
  })

  test('equal creation times: the later published comes first', async () => {
    const models = store()
    const creationTime = '2026-01-01T00:00:00+00:00'
    for (const tag of ['m:b', 'm:a', 'm:c']) await saveModel(models, tag, { creationTime })
    expect(tagsOf(await models.list())).toEqual(['m:c', 'm:a', 'm:b'])
    expect(String((await models.latest('m')).tag)).toBe('m:c')
  })

  test('a damaged item can still be deleted by its tag', async () => {
    const models = store()
    await saveModel(models, 'a:v1')
    mkdirSync(join(models.root, 'a', 'broken'))
    expect(tagsOf(await models.delete('a:broken'))).toEqual(['a:broken'])
    expect(readdirSync(join(models.root, 'a')).sort()).toEqual(['latest', 'v1'])
  })
})
