import { expect, test } from 'vitest'
import { scratchHome } from '../support/home.js'
import { checkStore, leftovers } from './workers/check-store.js'
import { type ItemSpec, seeded, startWorker, type Worker } from './workers/fleet.js'

// F1 and the "200 kill -9 during saves and deletes": always in full. The item's size follows BENTO_FAULT_FULL.
const FULL = process.env.BENTO_FAULT_FULL === '1'
const FILES = FULL ? 200 : 30
const BYTES = FULL ? 250_000 : 40_000

/** Kills a process at a random moment of an operation; returns whether it was still at work. */
async function killDuring(worker: Worker, work: Promise<unknown>, delay: number): Promise<boolean> {
  const finished = work.then(answer => answer !== undefined)
  await new Promise(resolve => setTimeout(resolve, delay))
  worker.process.kill('SIGKILL')
  return !(await finished)
}

test('100 kill -9 during saves: nothing half visible, nothing lost, latest valid, the next save cleans up', async () => {
  const home = scratchHome()
  const random = seeded('saves')
  const saved = new Set<string>()
  const save = (worker: Worker, version: number) => {
    const spec: ItemSpec = { id: `id${version}`, files: FILES, bytes: BYTES }
    return worker.ask('save', { home, tag: `m:v${version}`, spec })
  }
  const first = await startWorker()
  const answer = await save(first, 0)
  const usual = Number((answer?.end ?? 0n) - (answer?.start ?? 0n)) / 1e6
  await first.kill()
  saved.add('m:v0')
  const keeper = await startWorker()
  const spare = spareWorker()
  let kills = 0
  for (let round = 1; kills < 100; round++) {
    const worker = await spare()
    if (await killDuring(worker, save(worker, round), random() * usual * 1.2)) kills++
    else saved.add(`m:v${round}`)
    await worker.kill()
    if (round % 10 !== 0 && kills < 100) continue
    const tags = await checkStore(home)
    for (const tag of saved) expect(tags).toContain(tag)
    // What became visible before the process could say so is saved as well. Few are kept, for speed.
    for (const tag of tags.slice(1)) {
      await keeper.get('delete', { home, tag })
      saved.delete(tag)
    }
    for (const tag of tags.slice(0, 1)) saved.add(tag)
  }
  await keeper.get('save', { home, tag: 'm:end', spec: { id: 'end', files: 3, bytes: 10 } })
  expect(leftovers(home)).toEqual([])
  expect(await checkStore(home)).toContain('m:end')
})

test('100 kill -9 during deletes: each version is there whole or gone, latest valid', async () => {
  const home = scratchHome()
  const random = seeded('deletes')
  const keeper = await startWorker()
  const spare = spareWorker()
  const spec: ItemSpec = { id: 'x', files: 6, bytes: 100 }
  let usual = 20
  let kills = 0
  for (let round = 1; kills < 100; round++) {
    const name = `m${round}`
    for (const version of ['a', 'b']) await keeper.get('save', { home, tag: `${name}:${version}`, spec })
    const worker = await spare()
    // The newest, which latest names; sometimes the whole name.
    const tag = random() < 0.3 ? name : `${name}:b`
    const work = worker.ask('delete', { home, tag })
    const killed = await killDuring(worker, work, random() * usual)
    const answer = await work
    if (killed) kills++
    else usual = Math.max(4, (usual + Number((answer?.end ?? 0n) - (answer?.start ?? 0n)) / 1e6) / 2)
    const tags = await checkStore(home)
    if (!killed) expect(tags).not.toContain(`${name}:b`)
    if (tag !== name) expect(tags).toContain(`${name}:a`)
    if (tags.length > 0) await keeper.get('delete', { home, tag: name })
  }
  await keeper.get('save', { home, tag: 'm:end', spec })
  expect(leftovers(home)).toEqual([])
  expect(await checkStore(home)).toEqual(['m:end'])
})

/** Hands out workers that were started while the one before worked: starting takes longer than what they do. */
function spareWorker(): () => Promise<Worker> {
  let next = startWorker()
  return async () => {
    const ready = await next
    next = startWorker()
    return ready
  }
}
