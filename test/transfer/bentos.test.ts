import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { allModels } from '../../src/store/index.js'
import { bentomlFixture, fixtureHome, saveModel, scratchFolder, tagsOf } from '../support/home.js'
import { treeOf } from '../support/tree.js'
import { FORMATS, oddBento, storesOf, wholeHome, world } from './world.js'

const BENTO_FORMATS = FORMATS.map(format => (format === 'bentomodel' ? 'bento' : format))

describe('what BentoML saved', () => {
  test.each(BENTO_FORMATS)('greeter:b1 as %s, with its models', async format => {
    const stores = world()
    const imported = await stores.bentos.importBento(bentomlFixture(`archives/greeter-b1.bento.${format}`))
    expect(imported).toMatchObject({ outcome: 'imported', missing: [], notes: [] })
    expect(imported.models.map(({ tag, outcome }) => `${tag} ${outcome}`)).toEqual([
      'iris_clf:v2 imported',
      'tree:bmrpo4xfh6gdyax4 imported',
    ])
    const saved = world(fixtureHome())
    const [bento, original] = [await stores.bentos.get('greeter'), await saved.bentos.get('greeter:b1')]
    expect(bento.info).toEqual(original.info)
    expect(readFileSync(join(bento.path, 'bento.yaml'))).toEqual(readFileSync(join(original.path, 'bento.yaml')))
    expect(readdirSync(bento.path).sort()).toEqual(readdirSync(original.path).sort())
    for (const { tag } of allModels(bento.info)) {
      const [model, other] = [await stores.models.get(tag), await saved.models.get(tag)]
      expect(model.info).toEqual(other.info)
      expect(await stores.models.digest(model)).toEqual(await saved.models.digest(other))
    }
    if (format === 'folder' || format === 'zip') return
    expect(treeOf(bento.path)).toEqual(treeOf(original.path))
  })

  test('a second one leaves the models that are there', async () => {
    const stores = world(fixtureHome())
    await stores.bentos.delete('greeter:b1')
    const { models } = await stores.bentos.importBento(bentomlFixture('archives/greeter-b1.bento.zip'))
    expect(models.map(model => model.outcome)).toEqual(['same', 'same'])
  })
})

describe('a round trip', () => {
  test.each(BENTO_FORMATS)('as %s gives the same trees', async format => {
    const from = world()
    const bento = await oddBento(from)
    const before = wholeHome(from)
    const out = scratchFolder()
    const exported = await from.bentos.exportBento('svc:b1', out, { format })
    expect(exported).toMatchObject({ path: join(out, `svc-b1.${format}`), format })
    expect(tagsOf(exported.models.map(tag => ({ tag }))).sort()).toEqual(['odd:v1', 'other:v1', 'other:v2'])
    expect(wholeHome(from)).toEqual(before)
    const to = world()
    const imported = await to.bentos.importBento(join(out, `svc-b1.${format}`))
    expect(imported.models.map(model => model.outcome)).toEqual(['imported', 'imported', 'imported'])
    expect(storesOf(to)).toEqual(storesOf(from))
    expect(imported.bento.info).toEqual(bento.info)
  })

  test('without its models, which are then named', async () => {
    const from = world()
    await oddBento(from)
    const { path, models } = await from.bentos.exportBento('svc', scratchFolder(), { models: false })
    expect(models).toEqual([])
    const to = world()
    const { missing, notes } = await to.bentos.importBento(path!)
    expect(missing.map(String)).toEqual(['other:v1', 'odd:v1', 'other:v2'])
    expect(notes).toEqual([expect.stringContaining('other:v1, odd:v1, other:v2')])
    expect(await to.models.list()).toEqual([])
    const again = await from.bentos.importBento(path!, { skipExisting: true })
    expect(again).toMatchObject({ outcome: 'exists', models: [], missing: [], notes: [] })
  })
})

test('the pointers of carried models name the newest of them, as BentoML has it', async () => {
  const from = world()
  await oddBento(from)
  const { path } = await from.bentos.exportBento('svc', scratchFolder(), { format: 'folder' })
  // other:v1 was saved after other:v2.
  expect(readFileSync(join(path!, 'models/other/latest'), 'utf8')).toBe('v1')
  expect(readFileSync(join(path!, 'models/odd/latest'), 'utf8')).toBe('v1')
  expect(readdirSync(join(path!, 'models/other')).sort()).toEqual(['latest', 'v1', 'v2'])
})

test('the same bento gives the same bytes at another time, in another place, under another umask', async () => {
  const first = world()
  await oddBento(first)
  const second = world()
  mkdirSync(second.home)
  execFileSync('sh', ['-c', 'umask 077; cp -r "$1"/* "$2"', 'sh', first.home, second.home])
  for (const format of BENTO_FORMATS.filter(name => name !== 'folder')) {
    const one = await first.bentos.exportBento('svc:b1', join(scratchFolder(), 'one'), { format })
    const two = await second.bentos.exportBento('svc:b1', join(scratchFolder(), 'two'), { format })
    expect(readFileSync(one.path!).equals(readFileSync(two.path!))).toBe(true)
  }
})

describe('an export', () => {
  test('names every model that the store lacks, and the mend', async () => {
    const { bentos, models } = world()
    await oddBento({ home: bentos.home, bentos, models })
    for (const version of ['other/v1', 'odd/v1']) rmSync(join(models.root, version), { recursive: true })
    // The beginning of a version is not that version.
    await saveModel(models, 'other:v11')
    const out = scratchFolder()
    await expect(bentos.exportBento('svc', out)).rejects.toMatchObject({
      code: 'TAG_NOT_FOUND',
      hint: expect.stringContaining('--no-models'),
      details: { models: ['other:v1', 'odd:v1'] },
    })
    expect(readdirSync(out)).toEqual([])
    await bentos.exportBento('svc', out, { models: false })
  })

  test('keeps what a bento has in models/ of its own, and refuses to mix', async () => {
    const stores = world()
    await oddBento(stores)
    const { path } = await stores.bentos.get('svc')
    mkdirSync(join(path, 'models/notes'), { recursive: true })
    writeFileSync(join(path, 'models/notes/a.txt'), 'mine')
    const { path: out } = await stores.bentos.exportBento('svc', scratchFolder())
    const { bento } = await world().bentos.importBento(out!)
    expect(readFileSync(join(bento.path, 'models/notes/a.txt'), 'utf8')).toBe('mine')
    expect(readdirSync(join(bento.path, 'models'))).toEqual(['notes'])

    mkdirSync(join(path, 'models/odd/v1'), { recursive: true })
    writeFileSync(join(path, 'models/odd/v1/half'), '')
    const clash = { code: 'ENTRY_CLASH', details: { model: 'odd:v1', path: 'models/odd/v1' } }
    await expect(stores.bentos.exportBento('svc', scratchFolder())).rejects.toMatchObject(clash)
    rmSync(join(path, 'models/odd'), { recursive: true })
    writeFileSync(join(path, 'models/odd'), '')
    await expect(stores.bentos.exportBento('svc', scratchFolder())).rejects.toMatchObject({ code: 'ENTRY_CLASH' })
  })

  test('takes a model from the bento itself where it has one', async () => {
    const stores = world()
    await oddBento(stores)
    const { path } = await stores.bentos.get('svc')
    cpSync(join(stores.models.root, 'odd'), join(path, 'models/odd'), { recursive: true, verbatimSymlinks: true })
    rmSync(join(stores.models.root, 'odd'), { recursive: true })
    const { path: out, models } = await stores.bentos.exportBento('svc', scratchFolder())
    expect(models.map(String).sort()).toEqual(['other:v1', 'other:v2'])
    const imported = await world().bentos.importBento(out!)
    expect(imported.models.map(({ tag }) => String(tag))).toEqual(['odd:v1', 'other:v1', 'other:v2'])
  })
})

describe('an import', () => {
  test('brings models that the bento does not list, as BentoML does', async () => {
    const from = world()
    await oddBento(from)
    await saveModel(from.models, 'extra:v1')
    const { path } = await from.bentos.exportBento('svc', scratchFolder(), { format: 'folder' })
    cpSync(join(from.models.root, 'extra'), join(path!, 'models/extra'), { recursive: true })
    const to = world()
    const { models } = await to.bentos.importBento(path!)
    expect(models.map(({ tag }) => String(tag))).toContain('extra:v1')
    expect(existsSync(join(to.bentos.root, 'svc/b1/models'))).toBe(false)
  })

  test('leaves in the bento what its checksums count as its own', async () => {
    const from = world()
    await oddBento(from)
    const { path } = await from.bentos.exportBento('svc', scratchFolder(), { format: 'folder' })
    const list = 'find models/odd bento.yaml -type f -print0 | xargs -0 sha256sum > SHA256SUMS'
    execFileSync('sh', ['-c', list], { cwd: path! })
    const to = world()
    const { models, missing, bento } = await to.bentos.importBento(path!)
    expect(models.map(({ tag }) => String(tag))).toEqual(['other:v1', 'other:v2'])
    expect(missing.map(String)).toEqual(['odd:v1'])
    expect(readdirSync(join(bento.path, 'models'))).toEqual(['odd'])
  })

  test('takes off one folder around everything, models and all', async () => {
    const from = world()
    await oddBento(from)
    const dir = scratchFolder()
    await from.bentos.exportBento('svc', join(dir, 'around'), { format: 'folder' })
    const to = world()
    const { notes } = await to.bentos.importBento(dir)
    expect(notes).toEqual([expect.stringContaining('"around"')])
    expect(storesOf(to)).toEqual(storesOf(from))
  })

  test('refuses links that lead from a model into the bento', async () => {
    const from = world()
    await oddBento(from)
    const { path } = await from.bentos.exportBento('svc', scratchFolder(), { format: 'folder' })
    symlinkSync('../../../run.sh', join(path!, 'models/other/v1/out'))
    const to = world()
    await expect(to.bentos.importBento(path!)).rejects.toMatchObject({ code: 'ENTRY_KIND', details: { path: 'out' } })
    expect(storesOf(to)).toEqual([])
  })
})
