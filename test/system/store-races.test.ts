import { existsSync, mkdirSync, readdirSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ModelStore } from '../../src/store/index.js'
import { fixtureHome, scratchHome } from '../support/home.js'
import { checkStore, leftovers } from './workers/check-store.js'
import { type Answer, scaled, seeded, startWorker, startWorkers, type Worker } from './workers/fleet.js'
import { isLinearizable, type TagOperation } from './workers/linearizable.js'

function codes(answers: (Answer | undefined)[]): string[] {
  return answers.map(answer => (answer === undefined ? 'DIED' : (answer.error?.code ?? 'ok'))).sort()
}

const ONE_OF_16 = [...Array.from({ length: 15 }, () => 'TAG_EXISTS'), 'ok']

// F9, in full: 100 rounds.
test('16 processes save one tag with different contents: one wins, 15 are told that it exists', async () => {
  const home = scratchHome()
  const workers = await startWorkers(16)
  for (let round = 0; round < 100; round++) {
    const tag = `race:r${round}`
    const answers = await Promise.all(
      workers.map((worker, index) =>
        worker.ask('save', { home, tag, spec: { id: `r${round}w${index}`, files: 3, bytes: 1000 } }),
      ),
    )
    expect(codes(answers)).toEqual(ONE_OF_16)
    const winner = answers.findIndex(answer => answer?.error === undefined)
    expect((await new ModelStore(home).get(tag)).labels.id).toBe(`r${round}w${winner}`)
  }
  expect(await checkStore(home)).toHaveLength(100)
  expect(leftovers(home)).toEqual([])
})

// F11, with a save in place of an import.
test('16 processes save one tag with the same content: likewise', async () => {
  const home = scratchHome()
  const workers = await startWorkers(16)
  for (let round = 0; round < scaled(10); round++) {
    const request = { home, tag: `same:r${round}`, spec: { id: `same${round}`, files: 20, bytes: 5000 } }
    expect(codes(await Promise.all(workers.map(worker => worker.ask('save', request))))).toEqual(ONE_OF_16)
  }
  await checkStore(home)
  expect(leftovers(home)).toEqual([])
})

// F10: latest follows creation time, which the store itself takes.
test('16 processes save 16 versions of one name: all are there, latest is the newest', async () => {
  const home = scratchHome()
  const workers = await startWorkers(16)
  for (let round = 0; round < scaled(15); round++) {
    await Promise.all(
      workers.map((worker, index) =>
        worker.get('save', { home, tag: `many${round}:w${index}`, spec: { id: 'x', files: 1, bytes: 10 } }),
      ),
    )
    const store = new ModelStore(home)
    const all = await store.list(`many${round}`)
    expect(all).toHaveLength(16)
    expect((await store.latest(`many${round}`)).creationTime).toBe(all[0]?.creationTime)
  }
  await checkStore(home)
})

// F12
test('8 savers, 4 deleters, 8 getters and 4 listers on 20 tags: a history that some order explains', async () => {
  const home = scratchHome()
  const random = seeded('history')
  // No version begins another, so that each is asked for alone.
  const tags = Array.from({ length: 20 }, (_, index) => `m${index % 4}:v${index + 10}`)
  const histories = new Map<string, TagOperation[]>(tags.map(tag => [tag, []]))
  const until = performance.now() + 1000 * scaled(12)
  const roles: [number, (worker: Worker, index: number) => Promise<void>][] = [
    [8, saver],
    [4, deleter],
    [8, getter],
    [4, lister],
  ]
  const pick = () => tags[Math.floor(random() * tags.length)] ?? ''
  const note = (tag: string, kind: TagOperation['kind'], answer: Answer | undefined, id: string | undefined) => {
    if (answer === undefined) throw new Error('a worker died')
    histories.get(tag)?.push({ kind, id, start: answer.start, end: answer.end })
  }
  async function saver(worker: Worker, index: number): Promise<void> {
    for (let round = 0; performance.now() < until; round++) {
      const tag = pick()
      const id = `s${index}r${round}`
      const answer = await worker.ask('save', { home, tag, spec: { id, files: 4, bytes: 500 } })
      if (answer?.error === undefined) note(tag, 'save', answer, id)
      else if (answer.error.code === 'TAG_EXISTS') note(tag, 'exists', answer, undefined)
      else throw new Error(answer.error.stack)
    }
  }
  async function deleter(worker: Worker): Promise<void> {
    while (performance.now() < until) {
      const tag = pick()
      const answer = await worker.ask('delete', { home, tag })
      if (answer?.error === undefined) note(tag, 'delete', answer, undefined)
      else if (answer.error.code === 'TAG_NOT_FOUND') note(tag, 'absent', answer, undefined)
      else throw new Error(answer.error.stack)
    }
  }
  async function getter(worker: Worker): Promise<void> {
    while (performance.now() < until) {
      const tag = pick()
      const answer = await worker.ask('get', { home, tag })
      if (answer === undefined) throw new Error('a worker died')
      if (answer.error === undefined) note(tag, 'get', answer, (answer.value as { id: string }).id)
      else if (answer.error.code === 'TAG_NOT_FOUND') note(tag, 'absent', answer, undefined)
      else throw new Error(answer.error.stack)
    }
  }
  async function lister(worker: Worker): Promise<void> {
    while (performance.now() < until) {
      const { problems } = await worker.get<{ problems: unknown[] }>('list', { home })
      expect(problems).toEqual([])
    }
  }
  await Promise.all(
    roles.flatMap(([count, role]) =>
      Array.from({ length: count }, async (_, index) => role(await startWorker(), index)),
    ),
  )
  const counts = [...histories.values()].map(history => history.length)
  console.log(`history: ${counts.reduce((a, b) => a + b)} operations`)
  for (const [tag, history] of histories) expect([tag, isLinearizable(history)]).toEqual([tag, true])
  await checkStore(home)
  expect(leftovers(home)).toEqual([])
})

// F14
test('while the version that latest names is deleted, "name:latest" is another version or not found', async () => {
  const home = scratchHome()
  const [deleter, ...getters] = await startWorkers(5)
  let running = true
  const seen = new Set<string>()
  const getting = getters.map(async worker => {
    while (running) {
      const answer = await worker.ask('get', { home, tag: 'm:latest' })
      if (answer === undefined) throw new Error('a worker died')
      if (answer.error !== undefined && answer.error.code !== 'TAG_NOT_FOUND') throw new Error(answer.error.stack)
      seen.add(answer.error?.code ?? (answer.value as { tag: string }).tag)
    }
  })
  for (let round = 0; round < scaled(40); round++) {
    for (const version of ['a', 'b', 'c']) {
      await deleter?.get('save', {
        home,
        tag: `m:${version}${round}`,
        spec: { id: `${version}${round}`, files: 2, bytes: 100 },
      })
    }
    for (let left = 3; left > 0; left--) {
      const [tag = ''] = (await deleter?.get<string[]>('delete', { home, tag: 'm:latest' })) ?? []
      expect(tag).toBe(`m:${'abc'[left - 1]}${round}`)
    }
  }
  running = false
  await Promise.all(getting)
  expect(seen.has('TAG_NOT_FOUND')).toBe(true)
  expect(seen.size).toBeGreaterThan(3)
  expect(existsSync(join(home, 'models', 'm'))).toBe(false)
})

// F24: the target appears just before the rename.
test('an empty folder that comes and goes at the target: refused or replaced whole, never merged', async () => {
  const home = scratchHome()
  const worker = await startWorker()
  const seen = new Set<string>()
  for (let round = 0; round < scaled(60); round++) {
    const target = join(home, 'models', 'm', `v${round}`)
    mkdirSync(join(home, 'models', 'm'), { recursive: true })
    const spec = { id: `x${round}`, files: 2, bytes: 100 }
    let answer: Answer | undefined
    const saving = worker.ask('save', { home, tag: `m:v${round}`, spec }).then(value => {
      answer = value
    })
    while (answer === undefined) {
      try {
        mkdirSync(target)
        rmdirSync(target)
      } catch {
        // The item itself stands there, or came between.
      }
      await new Promise(setImmediate)
    }
    await saving
    seen.add(answer.error?.code ?? 'ok')
    if (answer.error === undefined) expect(readdirSync(target).sort()).toEqual(['model.yaml', 'part-0', 'part-1'])
    else expect(answer.error.code).toBe('TAG_EXISTS')
  }
  console.log(`empty folder at the target: ${[...seen].join(', ')}`)
  await checkStore(home)
})

test('processes that save bentos and delete the model they use: never one without the other', async () => {
  const home = fixtureHome()
  const [keeper, saver, deleter] = await startWorkers(3)
  const spec = { id: 'x', files: 1, bytes: 10 }
  const outcomes = new Set<string>()
  for (let round = 0; round < scaled(60); round++) {
    await keeper?.get('save', { home, tag: 'iris:v1', spec })
    const [made, deleted] = await Promise.all([
      saver?.ask('saveBento', { home, tag: `svc:b${round}`, models: ['iris:v1'] }),
      deleter?.ask('delete', { home, tag: 'iris:v1' }),
    ])
    const outcome = `${made?.error?.code ?? 'saved'}, ${deleted?.error?.code ?? 'deleted'}`
    outcomes.add(outcome)
    expect(outcome).not.toBe('saved, deleted')
    expect(outcome).toMatch(/^(saved|MODEL_GONE|TAG_NOT_FOUND), (deleted|MODEL_IN_USE)$/)
    if (deleted?.error !== undefined) {
      if (made?.error === undefined) await keeper?.get('deleteBento', { home, tag: `svc:b${round}` })
      await keeper?.get('delete', { home, tag: 'iris:v1' })
    }
  }
  console.log(`bento against model: ${[...outcomes].join('; ')}`)
  expect(leftovers(home)).toEqual([])
})
