import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { isBentoError } from '../../src/core/errors.js'
import { ModelStore } from '../../src/transfer/index.js'
import { scratchFolder, scratchHome } from '../support/home.js'
import { CODECS, type Format } from './workers/archives.js'
import { contentOf } from './workers/store-content.js'

const MIB = 1 << 20
/** More than any format reads ahead. */
const LARGE = 64 * MIB
/** The same where compressing it takes long. */
const SLOW: Partial<Record<Format, number>> = { xz: 32 * MIB, bz2: 12 * MIB }

/** What can befall a file of a model, against all rules, while an export reads it. */
const FATES: Record<string, (path: string) => void> = {
  grown: path => appendFileSync(path, 'more'),
  shrunk: path => truncateSync(path, 1000),
  emptied: path => truncateSync(path, 0),
  deleted: path => rmSync(path),
  'overwritten in place': path => writeFileSync(path, other(path), { flag: 'r+' }),
  'replaced by another of its size': path => {
    writeFileSync(`${path}.new`, other(path))
    renameSync(`${path}.new`, path)
  },
  'replaced by a link to another of its size': path => {
    const outside = join(scratchFolder(), 'outside')
    writeFileSync(outside, other(path))
    rmSync(path)
    symlinkSync(outside, path)
  },
  'replaced by a folder': path => {
    rmSync(path)
    mkdirSync(path)
  },
}

/** As many other bytes. */
function other(path: string): Buffer {
  return Buffer.alloc(readFileSync(path).length, 'WRONG')
}

/** Saves `m:v1` with files that are packed early and late. */
async function saved(large: number): Promise<{ store: ModelStore; path(file: string): string }> {
  const store = new ModelStore(scratchHome())
  const files = { 'a.bin': large, 'm.bin': MIB, 'z.bin': 3 * MIB }
  const { path } = await store.create('m:v1', {}, dir => {
    for (const [index, [name, bytes]] of Object.entries(files).entries()) {
      writeFileSync(join(dir, name), contentOf(name, index, bytes))
    }
  })
  return { store, path: file => join(path, file) }
}

/** Exports while `fate` befalls; fails with a code and leaves nothing, or else the archive is a right one. */
async function exportDuring(store: ModelStore, format: Format, fate: () => void): Promise<string> {
  const target = join(scratchFolder(), 'x')
  let isStruck = false
  const onProgress = ({ done }: { done: number }) => {
    if (isStruck || done === 0) return
    isStruck = true
    fate()
  }
  try {
    await store.exportModel('m:v1', target, { format, onProgress })
  } catch (error) {
    expect(isStruck).toBe(true)
    expect(existsSync(target)).toBe(false)
    if (!isBentoError(error)) throw error
    return error.code
  }
  expect(isStruck).toBe(true)
  // The digest in the manifest would tell a wrong one.
  await new ModelStore(scratchHome()).importModel(target, { limits: { ratio: Number.POSITIVE_INFINITY } })
  return 'ok'
}

// F30
test.each(CODECS)('a file that is yet to be packed changes: the export fails, %s', async format => {
  const { store, path } = await saved(SLOW[format] ?? LARGE)
  const content = readFileSync(path('z.bin'))
  // All that is a tar inside reads files by the same code.
  const fates = Object.entries(FATES).slice(0, format in SLOW ? 2 : undefined)
  for (const [name, fate] of fates) {
    expect(await exportDuring(store, format, () => fate(path('z.bin'))), name).toBe('SOURCE_CHANGED')
    rmSync(path('z.bin'), { recursive: true, force: true })
    writeFileSync(path('z.bin'), content)
  }
})

test.each(['tar', 'zip', 'folder'] as const)(
  'a file changes while it is packed: never a wrong archive, %s',
  async format => {
    const { store, path } = await saved(LARGE)
    const content = readFileSync(path('a.bin'))
    for (const [name, fate] of Object.entries(FATES)) {
      const outcome = await exportDuring(store, format, () => fate(path('a.bin')))
      // What was opened can be read to its end although its name is gone.
      const isKept = /deleted|replaced/.test(name)
      expect(isKept ? ['SOURCE_CHANGED', 'ok'] : ['SOURCE_CHANGED'], name).toContain(outcome)
      rmSync(path('a.bin'), { recursive: true, force: true })
      writeFileSync(path('a.bin'), content)
    }
  },
)
