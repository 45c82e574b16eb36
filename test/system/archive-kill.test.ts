import { cpSync, lstatSync, readdirSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect, test } from 'vitest'
import { BentoStore, ModelStore } from '../../src/transfer/index.js'
import { scratchFolder, scratchHome } from '../support/home.js'
import { sha256File, treeOf } from '../support/tree.js'
import { CODECS, checkBentos, type Format, saveBento, saveSpec } from './workers/archives.js'
import { checkStore, leftovers } from './workers/check-store.js'
import { type Answer, type ItemSpec, seeded, startWorker, type Worker } from './workers/fleet.js'

const FULL = process.env.BENTO_FAULT_FULL === '1'
const KILLS = FULL ? 200 : 20
const TIME = { timeout: FULL ? 3_600_000 : 300_000 }
const SPEC: ItemSpec = FULL ? { id: 'a', files: 200, bytes: 250_000 } : { id: 'a', files: 40, bytes: 60_000 }

/** Fires at processes while they work: a fresh one for each shot, the next one started meanwhile. */
async function killAt(
  kills: number,
  random: () => number,
  work: (worker: Worker, round: number) => Promise<Answer | undefined>,
  look: (killed: boolean, round: number) => unknown,
): Promise<void> {
  let next = startWorker()
  const ready = async () => {
    const worker = await next
    next = startWorker()
    return worker
  }
  // A first run, without a kill, tells how long it takes a fresh process.
  let usual = 0
  for (let round = 0, killed = 0; killed < kills; round++) {
    const worker = await ready()
    const begun = performance.now()
    const answer = work(worker, round)
    if (usual > 0) {
      await new Promise(resolve => setTimeout(resolve, random() * usual * 1.1))
      worker.process.kill('SIGKILL')
    }
    const ended = await answer
    if (ended === undefined) killed++
    else usual = performance.now() - begun
    if (ended?.error !== undefined) throw new Error(ended.error.stack)
    await worker.kill()
    await look(ended === undefined, round)
  }
  await (await next).kill()
}

// F3: the target is absent or complete, also where it replaces another.
test.each(CODECS)(
  `${KILLS} kill -9 during exports, %s: the target is as it was or whole, the store untouched`,
  TIME,
  async format => {
    const home = scratchHome()
    const out = scratchFolder()
    await saveSpec(home, 'm:v1', SPEC)
    await saveSpec(home, 'm:old', { id: 'old', files: 3, bytes: 100 })
    const store = new ModelStore(home)
    const { path: oldPath = '' } = await store.exportModel('m:old', scratchFolder(), { format })
    const { path: target = '' } = await store.exportModel('m:v1', out, { format })
    const [whole, old] = [state(target), state(oldPath)]
    const before = treeOf(home)
    const random = seeded(`export ${format}`)
    let was = old
    const reset = () => {
      rmSync(target, { recursive: true, force: true })
      was = random() < 0.5 ? old : 'absent'
      if (was === old) cpSync(oldPath, target, { recursive: true })
    }
    reset()
    await killAt(
      KILLS,
      random,
      worker => worker.ask('exportModel', { home, tag: 'm:v1', path: out, options: { format, force: true } }),
      killed => {
        const allowed = killed ? [whole, was] : [whole]
        // No system call puts a folder in the place of another: it takes two, and a kill may come between.
        if (killed && format === 'folder') allowed.push('absent')
        expect(allowed).toContain(state(target))
        if (state(target) !== was) reset()
      },
    )
    expect(treeOf(home)).toEqual(before)
    // The next export to that folder works, and removes what the killed ones left beside the target.
    await store.exportModel('m:v1', out, { format, force: true })
    expect(state(target)).toBe(whole)
    expect(readdirSync(out)).toEqual([basename(target)])
  },
)

// F2
test.each(CODECS)(
  `${KILLS} kill -9 during imports, %s: whole or not there, latest valid, the next import cleans up`,
  TIME,
  async format => {
    const [home, source] = [scratchHome(), scratchHome()]
    await saveSpec(source, 'm:v', SPEC)
    const archive = await archiveOf(source, format)
    const random = seeded(`import ${format}`)
    const saved = new Set<string>()
    await killAt(
      KILLS,
      random,
      (worker, round) => worker.ask('importModel', { home, path: archive, options: { as: `m:v${round}` } }),
      async (killed, round) => {
        if (!killed) saved.add(`m:v${round}`)
        if (round % 5 !== 0) return
        const tags = await checkStore(home)
        for (const tag of saved) expect(tags).toContain(tag)
        for (const tag of tags.slice(1)) await new ModelStore(home).delete(tag)
        saved.clear()
      },
    )
    await new ModelStore(home).importModel(archive)
    expect(await checkStore(home)).toContain('m:v')
    expect(leftovers(home)).toEqual([])
  },
)

test(`${KILLS} kill -9 during imports of a bento: it is there with all its models, or not at all`, TIME, async () => {
  const [home, source] = [scratchHome(), scratchHome()]
  for (const version of ['a', 'b']) await saveSpec(source, `m:${version}`, { ...SPEC, id: version })
  const { path } = await saveBento(source, 'b:v1', ['m:a', 'm:b'])
  const expected = new Map([['b:v1', treeOf(path)]])
  const { path: archive = '' } = await new BentoStore(source).exportBento('b:v1', scratchFolder(), { format: 'tar' })
  const states = new Set<string>()
  await killAt(
    KILLS,
    seeded('import bento'),
    worker => worker.ask('importBento', { home, path: archive }),
    async killed => {
      const models = await checkStore(home)
      const bentos = await checkBentos(home, expected)
      if (!killed) expect(bentos).toEqual(['b:v1'])
      if (bentos.length > 0) expect(models.sort()).toEqual(['m:a', 'm:b'])
      states.add(`${models.length} ${bentos.length}`)
      // Models that came before the kill stay: the next import finds them equal.
      if (bentos.length > 0) await new BentoStore(home).delete('b')
      if (bentos.length > 0) await new ModelStore(home).delete('m')
    },
  )
  console.log('models and bentos after a kill:', [...states].sort().join(', '))
  await new BentoStore(home).importBento(archive)
  expect(leftovers(home)).toEqual([])
  expect(await checkBentos(home, expected)).toEqual(['b:v1'])
})

async function archiveOf(home: string, format: Format): Promise<string> {
  const { path } = await new ModelStore(home).exportModel('m', join(scratchFolder(), 'archive'), { format })
  return path ?? ''
}

/** What stands at a path. */
function state(path = ''): string {
  const stats = lstatSync(path, { throwIfNoEntry: false })
  if (stats === undefined) return 'absent'
  return stats.isDirectory() ? treeOf(path).join('\n') : sha256File(path)
}
