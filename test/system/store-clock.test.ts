import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ModelStore } from '../../src/store/index.js'
import { saveModel, scratchHome, tagsOf } from '../support/home.js'
import { checkStore, leftovers } from './workers/check-store.js'
import { type ItemSpec, startWorker } from './workers/fleet.js'

const DAY = 24 * 3600 * 1000
const spec: ItemSpec = { id: 'x', files: 2, bytes: 10 }

// F21. `latest` follows creation time (the design), which is the saver's clock: one that is a day ahead keeps it.
test('clocks a day apart: order and latest follow creation time, stable and the same for everyone', async () => {
  const home = scratchHome()
  const [right, ahead, behind] = await Promise.all([
    startWorker(),
    startWorker({ clock: DAY }),
    startWorker({ clock: -DAY }),
  ])
  await ahead.get('save', { home, tag: 'm:ahead', spec })
  await right.get('save', { home, tag: 'm:right', spec })
  await behind.get('save', { home, tag: 'm:behind', spec })
  for (const worker of [right, ahead, behind]) {
    expect(await worker.get('list', { home })).toMatchObject({ tags: ['m:ahead', 'm:right', 'm:behind'] })
    expect(await worker.get('get', { home, tag: 'm' })).toMatchObject({ tag: 'm:ahead' })
  }
  await behind.get('delete', { home, tag: 'm:latest' })
  expect(await right.get('get', { home, tag: 'm' })).toMatchObject({ tag: 'm:right' })
  await checkStore(home)
})

test('the fake clock is one: the creation time shows it', async () => {
  const home = scratchHome()
  const worker = await startWorker({ clock: 10 * DAY })
  const saved = await worker.get<{ creationTime: string }>('save', { home, tag: 'm:v1', spec })
  const ahead = Date.parse(saved.creationTime) - Date.now()
  expect(ahead).toBeGreaterThan(9.9 * DAY)
  expect(ahead).toBeLessThan(10.1 * DAY)
})

// F21, F22
test('a living stage stays, also before a process 10 days ahead; when its process is killed it goes', async () => {
  const home = scratchHome()
  const holder = await startWorker()
  const dir = await holder.get<string>('hold', { home, spec })
  const early = await startWorker({ clock: 10 * DAY })
  await early.get('save', { home, tag: 'm:v1', spec })
  expect(readdirSync(dir)).not.toEqual([])
  await holder.kill()
  // Reading cleans nothing up.
  await early.get('list', { home })
  await early.get('get', { home, tag: 'm' })
  expect(existsSync(dir)).toBe(true)
  await early.get('save', { home, tag: 'm:v2', spec })
  expect(leftovers(home)).toEqual([])
})

test('a clock set back between saves of one process: the list stays in creation order', async () => {
  const store = new ModelStore(scratchHome())
  const RealDate = Date
  try {
    await saveModel(store, 'm:first')
    globalThis.Date = class extends RealDate {
      static override now() {
        return RealDate.now() - DAY
      }
    } as DateConstructor
    await saveModel(store, 'm:second')
  } finally {
    globalThis.Date = RealDate
  }
  // The clock of the process never runs backwards, so the later save is the newer one.
  expect(tagsOf(await store.list('m'))).toEqual(['m:second', 'm:first'])
  expect(String((await store.get('m')).tag)).toBe('m:second')
  expect(existsSync(join(store.root, 'm', 'latest'))).toBe(true)
})
