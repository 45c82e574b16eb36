import { execFileSync } from 'node:child_process'
import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { fullTag } from '../../src/core/tag.js'
import { ModelStore } from '../../src/transfer/index.js'
import { scratchFolder } from '../support/home.js'
import { startWorkers, type Worker } from './workers/fleet.js'

const FILES = 100_000
const MIB = 1 << 20
/** Most memory that a process may take for it: about three times what was measured. */
const BUDGET = 1000 * MIB
const FORMATS = process.env.BENTO_FAULT_FULL === '1' ? ['tar', 'zip', 'bentomodel'] : ['tar']

/** In memory where that is possible: making so many files durable is the disk's work, not ours. */
function quick(): string {
  return scratchFolder(statSync('/dev/shm', { throwIfNoEntry: false })?.isDirectory() ? '/dev/shm' : tmpdir())
}

// F29
test.each(FORMATS)('100,000 files go out and come in within a budget of memory, %s', async format => {
  const home = join(quick(), 'home')
  const stored = await saveMany(home)
  const [path, target] = [join(quick(), `x.${format}`), join(quick(), 'home')]
  const [exporter, importer] = await startWorkers(2)
  const out = await measured(exporter, 'exportModel', { home, tag: 'many', path, options: { format } })
  // By default, fewer are let in.
  const options = { limits: { entries: 2 * FILES } }
  const back = await measured(importer, 'importModel', { home: target, path, options })
  console.log(`${FILES} files, ${format}: out in ${out.said}, in in ${back.said}`)
  expect(Math.max(out.memory, back.memory)).toBeLessThan(BUDGET)
  execFileSync('diff', ['-r', stored, join(target, 'models/many/v1')])
})

async function saveMany(home: string): Promise<string> {
  const draft = await new ModelStore(home).begin()
  for (let index = 0; index < FILES; index++) {
    const folder = join(draft.dir, `f${Math.floor(index / 500)}`)
    if (index % 500 === 0) mkdirSync(folder)
    writeFileSync(join(folder, `${index}.txt`), String(index))
  }
  writeFileSync(join(draft.dir, 'model.yaml'), MANIFEST)
  return (await draft.publish(fullTag('many', 'v1'))).path
}

/** Has a fresh process do it. @returns the most memory it took, bytes */
async function measured(worker: Worker | undefined, operation: string, request: Record<string, unknown>) {
  const begun = performance.now()
  await worker?.get(operation, request)
  const seconds = ((performance.now() - begun) / 1000).toFixed(1)
  const memory = (await worker?.get<number>('peakMemory', {})) ?? 0
  return { memory, said: `${seconds} s with ${Math.round(memory / MIB)} MiB` }
}

const MANIFEST = `name: many
version: v1
module: ''
labels: {}
options: {}
metadata: {}
context:
  framework_name: ''
  framework_versions: {}
  bentoml_version: 1.4.39
  python_version: 3.11.7
signatures: {}
api_version: v1
creation_time: '2026-11-21T00:03:55.774095+00:00'
`
