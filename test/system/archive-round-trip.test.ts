import {
  appendFileSync,
  chmodSync,
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it, test } from 'vitest'
import { BentoStore, ModelStore } from '../../src/transfer/index.js'
import { gaussians } from '../support/archive-data.js'
import { scratchFolder, scratchHome } from '../support/home.js'
import { sha256File, treeOf } from '../support/tree.js'
import { FORMATS } from './workers/archives.js'
import { leftovers } from './workers/check-store.js'

const FULL = process.env.BENTO_FAULT_FULL === '1'
const GIB = 2 ** 30

/** Names that are legal and yet trip tools. */
const NAMES = [
  'with space',
  ' leading and trailing ',
  'ü composed',
  'u\u0308 decomposed',
  '模型/权重.bin',
  '😀',
  '-rf',
  '--checkpoint=1',
  '.hidden/.deep',
  '@LongLink',
  'PaxHeader/x',
  'quote\'and"double',
  '$HOME `x` %PATH%',
  '#hash;semi&amp',
  '[glob]*?',
  'latest',
  'models/latest',
  'SHA256SUMS.txt',
  `${'n'.repeat(200)}`,
  `${'deep/'.repeat(40)}end`,
  `${'ü'.repeat(120)}/${'d'.repeat(100)}/${'e'.repeat(155)}`,
]

function fillOddly(dir: string): void {
  for (const [index, name] of NAMES.entries()) write(dir, name, `${index}`)
  write(dir, 'empty', '')
  write(dir, 'size 511', 'a'.repeat(511))
  write(dir, 'size 512', 'a'.repeat(512))
  write(dir, 'size 513', 'a'.repeat(513))
  write(dir, 'size 65536', 'a'.repeat(65_536))
  write(dir, 'weights.bin', new Uint8Array(gaussians(500_000, 3).buffer))
  write(dir, 'bin/run', '#!/bin/sh\n')
  chmodSync(join(dir, 'bin/run'), 0o755)
  write(dir, 'bin/owner only', 'x')
  chmodSync(join(dir, 'bin/owner only'), 0o700)
  for (const folder of ['hollow', 'hollow too/in/side', ' ']) mkdirSync(join(dir, folder), { recursive: true })
  symlinkSync('weights.bin', join(dir, 'link'))
  symlinkSync('../bin/run', join(dir, 'hollow', 'up and down'))
  symlinkSync('模型', join(dir, 'link to a folder'))
  symlinkSync('link', join(dir, 'link to a link'))
}

function write(dir: string, path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(join(dir, path)), { recursive: true })
  writeFileSync(join(dir, path), content)
}

const UNKNOWN = '\n# a comment\nx_unknown: {a: [1, "1e5", ~], "ü": !!str 1}\n'

// F34
describe.each(FORMATS)('there and back, %s', format => {
  it('a model', async () => {
    const [from, to] = [new ModelStore(scratchHome()), new ModelStore(scratchHome())]
    const metadata = { none: [], deep: { a: { b: 1.5 } } }
    const model = await from.create('odd:1e5', { labels: { 空: 'é', no: 'yes' }, metadata }, fillOddly)
    appendFileSync(join(model.path, 'model.yaml'), UNKNOWN)
    const { path = '' } = await from.exportModel('odd', join(scratchFolder(), 'x'), { format })
    const imported = await to.importModel(path)
    expect(imported).toMatchObject({ outcome: 'imported' })
    expect(treeOf(imported.model.path)).toEqual(treeOf(model.path))
    expect({ ...imported.model, path: '' }).toEqual({ ...(await from.get('odd')), path: '' })
    expect(await to.digest(imported.model)).toEqual(await from.digest(model))
    expect(readFileSync(join(imported.model.path, 'model.yaml'), 'utf8')).toContain(UNKNOWN)
    // Once more, from there: the same bytes.
    const { path: again = '' } = await to.exportModel('odd', join(scratchFolder(), 'x'), { format })
    expect(format === 'folder' ? treeOf(again) : sha256File(again)).toEqual(
      format === 'folder' ? treeOf(path) : sha256File(path),
    )
  })

  it('a bento with its models, one of them with a folder of the bento’s own beside it', async () => {
    const [from, to] = [scratchHome(), scratchHome()]
    const models = new ModelStore(from)
    for (const tag of ['odd:v1', 'odd:v2', 'other:v1']) await models.create(tag, {}, fillOddly)
    const bento = await new BentoStore(from).create('b:v1', { models: ['odd:v1', 'odd:v2', 'other:v1'] }, dir => {
      fillOddly(join(dir, 'src'))
      write(dir, 'models/own/notes.txt', 'not a model')
    })
    appendFileSync(join(bento.path, 'bento.yaml'), UNKNOWN)
    const { path = '' } = await new BentoStore(from).exportBento('b', join(scratchFolder(), 'x'), {
      format: format === 'bentomodel' ? 'bento' : format,
    })
    const imported = await new BentoStore(to).importBento(path)
    expect(imported).toMatchObject({ outcome: 'imported', missing: [] })
    for (const kind of ['models', 'bentos']) expect(treeOf(join(to, kind))).toEqual(treeOf(join(from, kind)))
    expect(leftovers(to)).toEqual([])
  })
})

// The largest file: beyond 4 GiB, where 32 bits end. Holes cost nothing on the disk, and a compressed archive little.
test.each(FULL ? FORMATS : [])('a file of 5 GiB, %s', { timeout: 1_800_000 }, async format => {
  const { from, target } = await giant()
  const begun = performance.now()
  const { path = '' } = await from.exportModel('giant', target, { format })
  const exported = performance.now()
  const to = new ModelStore(scratchHome())
  // Nothing but zeros is more than the usual bounds let pass.
  const { model } = await to.importModel(path, { limits: { ratio: Number.POSITIVE_INFINITY } })
  const seconds = [exported - begun, performance.now() - exported].map(ms => (ms / 1000).toFixed(1))
  console.log(`5 GiB, ${format}: exported in ${seconds[0]} s, imported in ${seconds[1]} s`)
  expect(statSync(join(model.path, 'giant.bin')).size).toBe(5 * GIB)
  expect(treeOf(model.path)).toEqual(treeOf((await from.get('giant')).path))
  rmSync(model.path, { recursive: true })
})

/** A model with a sparse file of 5 GiB: bytes at its beginning, around 4 GiB and at its end. */
async function giant(): Promise<{ from: ModelStore; target: string }> {
  const from = new ModelStore(scratchHome())
  await from.create('giant:v1', {}, dir => {
    const file = openSync(join(dir, 'giant.bin'), 'w')
    for (const at of [0, 4 * GIB - 3, 5 * GIB - 5]) writeSync(file, 'bytes', at)
    ftruncateSync(file, 5 * GIB)
    closeSync(file)
  })
  return { from, target: join(scratchFolder(), 'x') }
}
