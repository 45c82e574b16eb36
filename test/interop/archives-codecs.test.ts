import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { PackLevel } from '../../src/archive/types.js'
import { computeDigest } from '../../src/store/digest.js'
import type { Model } from '../../src/store/index.js'
import { ModelStore } from '../../src/transfer/index.js'
import { gaussians, sentences } from '../support/archive-data.js'
import { describeNeeding } from '../support/needs.js'
import { treeOf } from '../support/tree.js'
import { FORMATS, type Format } from './archive-items.js'
import { bentomlMissing, Peer } from './peer.js'

const MIB = 1 << 20

/** What the makers of the formats have to check an archive; the last one lists it. */
const TOOLS: Record<Exclude<Format, 'folder' | 'bento'>, string[][]> = {
  bentomodel: [
    ['xz', '-t', '--format=xz'],
    ['tar', '--xz', '-tf'],
  ],
  xz: [
    ['xz', '-t'],
    ['tar', '-tJf'],
  ],
  gz: [
    ['gzip', '-t'],
    ['tar', '-tzf'],
  ],
  bz2: [
    ['bzip2', '-t'],
    ['tar', '-tjf'],
  ],
  tar: [['tar', '-tf']],
  zip: [
    ['unzip', '-tqq'],
    ['unzip', '-Z1'],
  ],
}

const COMPRESSED = ['xz', 'gz', 'bz2', 'zip'] as const
const LEVELS: PackLevel[] = ['small', 1]

const base = mkdtempSync(join(tmpdir(), 'bento-codecs-'))
const models = new ModelStore(join(base, 'home'))
/** Of several blocks of every codec, weights and text. */
let large: Model
/** Of one block, for what is slow. */
let little: Model

beforeAll(async () => {
  const fill = (dir: string, mib: number) => {
    mkdirSync(join(dir, 'empty'))
    writeFileSync(join(dir, 'weights.bin'), new Uint8Array(gaussians((mib * MIB) / 4, mib).buffer))
    writeFileSync(join(dir, 'zeros.bin'), Buffer.alloc(mib * MIB))
    writeFileSync(join(dir, 'text.txt'), sentences(mib * MIB + 1, mib))
  }
  large = await models.create('large:v1', {}, dir => fill(dir, 12))
  little = await models.create('little:v1', {}, dir => fill(dir, 1))
})
afterAll(() => rmSync(base, { recursive: true, force: true }))

/** An archive, made once. */
async function made(model: Model, format: Format, level: PackLevel = 'fast'): Promise<string> {
  const target = join(base, `${model.tag.name}-${level}.${format}`)
  if (!existsSync(target)) await models.exportModel(model.tag, target, { format, level })
  return target
}

describe.each(Object.entries(TOOLS))('%s', (format, commands) => {
  const missing = commands.map(([tool = '']) => tool).find(tool => spawnSync('which', [tool]).status !== 0)
  describeNeeding(missing, `${format}, read by the tools of the trade`, () => {
    it.each(format === 'tar' ? (['fast'] as const) : (['fast', ...LEVELS] as const))('level %s', async level => {
      const path = await made(level === 'fast' ? large : little, format as Format, level)
      const printed = commands.map(([tool = '', ...args]) => {
        const { status, stdout, stderr } = spawnSync(tool, [...args, path], { encoding: 'utf8' })
        expect({ status, stderr }, `${tool} ${args.join(' ')}`).toEqual({ status: 0, stderr: '' })
        return stdout
      })
      const names = (printed.at(-1) ?? '').split('\n').filter(name => name !== '' && name !== './')
      expect(names.map(name => name.replace(/^\.\//, '')).sort()).toEqual(
        ['empty/', 'model.yaml', 'text.txt', 'weights.bin', 'zeros.bin'].sort(),
      )
    })
  })
})

describeNeeding(bentomlMissing, 'archives of several blocks and of every level, read by BentoML', () => {
  let peer: Peer
  const theirs = join(base, 'theirs')
  beforeAll(() => {
    mkdirSync(theirs)
    peer = new Peer(theirs)
  })
  afterAll(() => peer?.stop())

  async function check(model: Model, path: string, format: Format): Promise<void> {
    await peer.importModel(path, format === 'folder' ? format : undefined)
    const arrived = await new ModelStore(theirs).get(model.tag)
    expect(treeOf(arrived.path)).toEqual(treeOf(model.path))
    expect((await computeDigest(arrived.path)).digest).toBe(model.info.digest)
    await peer.deleteModel(String(model.tag))
  }

  it.each(FORMATS.model)('%s, fast', async format => check(large, await made(large, format), format))

  it.each(COMPRESSED.flatMap(format => LEVELS.map(level => [format, level] as const)))(
    '%s, level %s',
    async (format, level) => {
      const path = await made(little, format, level)
      if (level === 'small') expect(statSync(path).size).toBeLessThanOrEqual(statSync(await made(little, format)).size)
      await check(little, path, format)
    },
  )

  it.each(FORMATS.model)('BentoML’s own of some megabytes, %s', async format => {
    await peer.importModel(await made(little, 'tar'))
    const path = await peer.exportModel('little:v1', join(base, `theirs.${format}`), format)
    const { model } = await new ModelStore(join(base, `from-${format}`)).importModel(path)
    expect(treeOf(model.path)).toEqual(treeOf(little.path))
    await peer.deleteModel('little:v1')
  })
})
