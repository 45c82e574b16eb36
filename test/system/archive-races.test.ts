import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { BentoStore, ModelStore } from '../../src/transfer/index.js'
import { scratchFolder, scratchHome } from '../support/home.js'
import { treeOf } from '../support/tree.js'
import { checkBentos, FORMATS, saveBento, saveSpec } from './workers/archives.js'
import { checkStore, leftovers } from './workers/check-store.js'
import { type Answer, scaled, startWorkers } from './workers/fleet.js'

const PROCESSES = 16
const ONE_OF_16 = [...Array.from({ length: PROCESSES - 1 }, () => 'TAG_EXISTS'), 'ok']

function codes(answers: (Answer | undefined)[]): string[] {
  return answers.map(answer => (answer === undefined ? 'DIED' : (answer.error?.code ?? 'ok'))).sort()
}

// F10
test('16 processes import 16 versions of one name: all are there, latest is the newest by creation time', async () => {
  const [home, source, out] = [scratchHome(), scratchHome(), scratchFolder()]
  const store = new ModelStore(source)
  const archives: string[] = []
  for (let index = 0; index < PROCESSES; index++) {
    // Versions in another order than their times.
    const tag = `m:v${(index * 7) % PROCESSES}`
    await saveSpec(source, tag, { id: tag, files: 3, bytes: 500 })
    const format = FORMATS[index % FORMATS.length] ?? 'tar'
    archives.push((await store.exportModel(tag, join(out, `${index}`), { format })).path ?? '')
  }
  const newest = (await store.list('m'))[0]?.tag.version ?? ''
  expect(newest).toBe(`v${((PROCESSES - 1) * 7) % PROCESSES}`)
  const workers = await startWorkers(PROCESSES)
  for (let round = 0; round < scaled(5); round++) {
    const name = `many${round}`
    await Promise.all(
      workers.map((worker, index) =>
        worker.get('importModel', { home, path: archives[(index + round) % PROCESSES], options: { as: name } }),
      ),
    )
    expect(await new ModelStore(home).list(name)).toHaveLength(PROCESSES)
    expect(readFileSync(join(home, 'models', name, 'latest'), 'utf8')).toBe(newest)
  }
  await checkStore(home)
  expect(leftovers(home)).toEqual([])
})

// F11
test('16 processes import the same archive: one does, 15 are told that it exists, in every format', async () => {
  const [home, source] = [scratchHome(), scratchHome()]
  await saveSpec(source, 'm:v1', { id: 'x', files: 10, bytes: 5000 })
  const workers = await startWorkers(PROCESSES)
  for (const format of FORMATS) {
    const { path } = await new ModelStore(source).exportModel('m', join(scratchFolder(), 'x'), { format })
    for (let round = 0; round < scaled(2); round++) {
      const as = `${format}${round}`
      const all = (options: object) => workers.map(worker => worker.ask('importModel', { home, path, options }))
      expect(codes(await Promise.all(all({ as }))), as).toEqual(ONE_OF_16)
      expect(new Set(codes(await Promise.all(all({ as, skipExisting: true }))))).toEqual(new Set(['ok']))
    }
  }
  await checkStore(home)
  expect(leftovers(home)).toEqual([])
})

test('16 processes import 16 bentos that carry the same models: all are there, each model once', async () => {
  const [source, out] = [scratchHome(), scratchFolder()]
  const tags = ['m:a', 'm:b', 'n:c']
  for (const tag of tags) await saveSpec(source, tag, { id: tag, files: 4, bytes: 3000 })
  const expected = new Map<string, string[]>()
  const archives: string[] = []
  for (let index = 0; index < PROCESSES; index++) {
    const { tag, path } = await saveBento(source, `b${index % 4}:v${index}`, tags)
    expected.set(String(tag), treeOf(path))
    const format = index % 2 === 0 ? 'zip' : 'tar'
    archives.push((await new BentoStore(source).exportBento(tag, join(out, `${index}`), { format })).path ?? '')
  }
  const workers = await startWorkers(PROCESSES)
  for (let round = 0; round < scaled(3); round++) {
    const home = scratchHome()
    const answers = await Promise.all(
      workers.map((worker, index) => worker.get<{ models: string[] }>('importBento', { home, path: archives[index] })),
    )
    expect((await checkBentos(home, expected)).sort()).toEqual([...expected.keys()].sort())
    expect((await checkStore(home)).sort()).toEqual(tags)
    const imported = answers.flatMap(answer => answer.models).filter(model => model.endsWith(' imported'))
    expect(imported.sort()).toEqual(tags.map(tag => `${tag} imported`))
    expect(leftovers(home)).toEqual([])
  }
})

test('16 processes import the same bento: one does, 15 are told that it exists, its models stay', async () => {
  const source = scratchHome()
  await saveSpec(source, 'm:a', { id: 'a', files: 4, bytes: 3000 })
  const { path: stored } = await saveBento(source, 'b:v1', ['m:a'])
  const { path } = await new BentoStore(source).exportBento('b', join(scratchFolder(), 'x'), { format: 'tar' })
  const workers = await startWorkers(PROCESSES)
  for (let round = 0; round < scaled(5); round++) {
    const home = scratchHome()
    const answers = await Promise.all(workers.map(worker => worker.ask('importBento', { home, path })))
    expect(codes(answers)).toEqual(ONE_OF_16)
    expect(await checkBentos(home, new Map([['b:v1', treeOf(stored)]]))).toEqual(['b:v1'])
    expect(await checkStore(home)).toEqual(['m:a'])
    expect(leftovers(home)).toEqual([])
  }
})
