// A process that works on a store at its parent's word: one request at a time over IPC, or several at once.
// It uses the built package, so that what is killed, starved of disk and raced is what users run.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { BentoStore, isBentoError, ModelStore } from '../../../dist/transfer/index.js'
import { contentOf } from './store-content.js'

function fill(dir, { id, files, bytes }) {
  for (let index = 0; index < files; index++) {
    const path = join(dir, `part-${index % 5}`, `${index}.bin`)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, contentOf(id, index, bytes))
  }
}

const operations = {
  async save({ home, tag, spec }) {
    const labels = { id: spec.id, files: String(spec.files), bytes: String(spec.bytes) }
    const model = await new ModelStore(home).create(tag, { labels }, dir => fill(dir, spec))
    return { tag: String(model.tag), creationTime: model.creationTime }
  },
  /** Begins a save and never ends it. */
  async hold({ home, spec }) {
    const draft = await new ModelStore(home).begin()
    fill(draft.dir, spec)
    return draft.dir
  },
  async saveBento({ home, tag, models }) {
    return String((await new BentoStore(home).create(tag, { models }, () => {})).tag)
  },
  async deleteBento({ home, tag }) {
    return (await new BentoStore(home).delete(tag)).map(String)
  },
  async delete({ home, tag }) {
    return (await new ModelStore(home).delete(tag)).map(String)
  },
  /** Opens an item and looks into every file of it. */
  async get({ home, tag }) {
    const store = new ModelStore(home)
    const model = await store.get(tag)
    return { tag: String(model.tag), ...model.labels, whole: await isWhole(store, model) }
  },
  async list({ home, name }) {
    const problems = []
    const found = await new ModelStore(home).list(name, { onProblem: problem => problems.push(problem) })
    return { tags: found.map(String), problems }
  },
  async digest({ home, tag }) {
    const store = new ModelStore(home)
    return store.digest(await store.get(tag))
  },
  async exportModel({ home, tag, path, options }) {
    return (await new ModelStore(home).exportModel(tag, path, options)).bytes
  },
  async exportBento({ home, tag, path, options }) {
    return (await new BentoStore(home).exportBento(tag, path, options)).models.map(String)
  },
  async importModel({ home, path, options }) {
    return String((await new ModelStore(home).importModel(path, options)).tag)
  },
  async importBento({ home, path, options }) {
    const { tag, models } = await new BentoStore(home).importBento(path, options)
    return { tag: String(tag), models: models.map(model => `${model.tag} ${model.outcome}`) }
  },
  /** Most memory that the process ever had, bytes. */
  async peakMemory() {
    return process.resourceUsage().maxRSS * 1024
  },
}

/** Whether every file is there and this item's own. False proves nothing when the item is gone, or another, by then. */
async function isWhole(store, model) {
  const { id, files, bytes } = model.labels
  try {
    for (let index = 0; index < Number(files); index++) {
      const content = readFileSync(join(model.path, `part-${index % 5}`, `${index}.bin`))
      if (!content.equals(contentOf(id, index, Number(bytes)))) throw new Error(`${model.path}: file ${index} is wrong`)
    }
    return true
  } catch (error) {
    const now = await store.get(model.tag).catch(() => undefined)
    if (now?.labels.id === id) throw error
    return false
  }
}

process.on('message', async request => {
  // CLOCK_MONOTONIC is one clock for all processes of a machine: the history can be put in order.
  const start = process.hrtime.bigint()
  const answer = await operations[request.operation](request).then(
    value => ({ value }),
    error => ({
      error: {
        code: isBentoError(error) ? error.code : 'UNCODED',
        message: error.message,
        hint: error.hint,
        cause: error.cause?.code,
        details: error.details,
        stack: error.stack,
      },
    }),
  )
  process.send({ id: request.id, start: String(start), end: String(process.hrtime.bigint()), ...answer })
})
process.on('disconnect', () => process.exit())
if (process.env.BENTO_TEST_UID !== undefined) {
  process.setgroups([])
  process.setgid(Number(process.env.BENTO_TEST_UID))
  process.setuid(Number(process.env.BENTO_TEST_UID))
}
process.send({ ready: true })
