import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type Model, ModelStore } from '../../src/store/index.js'
import { describeNeeding } from '../support/needs.js'
import { bento, bentoml, bentomlMissing, Peer, type PeerModel } from './peer.js'

const RICH = {
  labels: { stage: 'prod', odd: '1e5', 空: 'é ü', yes: 'no', empty: '' },
  metadata: {
    accuracy: 0.97,
    rows: 150,
    tiny: -1.5e-9,
    flag: true,
    classes: ['setosa', 'versicolor', '1e5', 'null', '2024-01-01', ' space '],
    deep: { list: [[1, 2], { k: 'v' }], empty: {}, none: [] },
    multi: 'line1\nline2\n',
    long: 'a long sentence that needs folding when it is written as YAML, because its words go past eighty columns',
  },
}

describeNeeding(bentomlMissing, 'models, shared with BentoML', () => {
  let home: string
  let models: ModelStore
  let peer: Peer

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'bento interop-'))
    models = new ModelStore(home)
    peer = new Peer(home)
  })
  afterEach(async () => {
    await peer.stop()
    rmSync(home, { recursive: true, force: true })
  })

  const save = (tag: string, options: Parameters<ModelStore['create']>[1] = {}) =>
    models.create(tag, options, async dir => writeFileSync(join(dir, 'weights.bin'), tag))

  it('gives Python every field of a model saved here', async () => {
    const saved = await save('ours:v1', {
      ...RICH,
      // Python imports the module, and reads the options that it knows.
      module: 'bentoml.picklable_model',
      options: { partial_kwargs: { run: { times: 2 } } },
      apiVersion: 'v2',
      context: { frameworkName: 'onnx', frameworkVersions: { onnx: '1.0' } },
      signatures: { run: { batchable: true, batchDim: [0, 1] } },
    })
    const read = await peer.model('ours:v1')
    expect(read).toEqual({ ...asPeer(saved), files: ['model.yaml', 'weights.bin'] })
    expect(read.labels).toEqual(RICH.labels)
    expect(read.metadata).toEqual(RICH.metadata)
    expect(read.context.framework_versions).toEqual({ onnx: '1.0' })
    expect(read.signatures).toEqual({ run: { batchable: true, batch_dim: [0, 1] } })
  })

  it('reads every field of a model that Python saved', async () => {
    const saved = await peer.createModel(
      'theirs:v1',
      { 'weights.bin': 'w' },
      {
        ...RICH,
        module: 'json',
        context: { framework_name: 'onnx', framework_versions: { onnx: '1.0' } },
        signatures: { run: { batchable: true, batch_dim: [0, 1] }, plain: { batchable: false } },
      },
    )
    const { files, ...fields } = saved
    expect(asPeer(await models.get('theirs:v1'))).toEqual(fields)
    expect(files).toEqual(['model.yaml', 'weights.bin'])
  })

  it('agrees about `latest` after every step, whoever takes it', async () => {
    const steps: [what: string, step: () => Promise<unknown>][] = [
      ['we save v1', () => save('m:v1')],
      ['Python saves v2', () => peer.createModel('m:v2', { a: 'a' })],
      ['we save 1e5', () => save('m:1e5')],
      ['Python saves a version of its own making', () => peer.createModel('m', { a: 'a' })],
      ['we save a version of our own making', () => save('m')],
      ['Python deletes the latest', async () => peer.deleteModel(String((await models.latest('m')).tag))],
      ['we delete the latest', () => models.delete('m:latest')],
      ['Python deletes the oldest', () => peer.deleteModel('m:v1')],
      ['we delete another', () => models.delete('m:v2')],
      ['we save v9', () => save('m:v9')],
    ]
    for (const [what, step] of steps) {
      await step()
      const theirs = await peer.models('m')
      expect.soft((await peer.model('m:latest')).tag, what).toBe(String((await models.get('m:latest')).tag))
      expect.soft(theirs.map(model => model.tag).sort(), what).toEqual(tags(await models.list('m')))
      const newest = theirs.reduce((one, other) => (other.creation_time > one.creation_time ? other : one))
      expect.soft((await peer.model('m')).tag, what).toBe(newest.tag)
    }
    await peer.deleteModel('m:1e5')
    await models.delete('m')
    expect(await peer.models()).toEqual([])
    expect(await models.list()).toEqual([])
  })

  it('answers on the command line as bentoml does', async () => {
    await save('ours:v1', RICH)
    await peer.createModel('theirs:v1', { a: 'a' }, RICH)
    for (const args of [
      ['models', 'list', '-o', 'json'],
      ['models', 'list', 'ours', '-o', 'json'],
      ['models', 'get', 'theirs:v1', '-o', 'json'],
      ['models', 'get', 'ours:v1', '-o', 'json'],
    ]) {
      const [mine, its] = [bento, bentoml].map(run => JSON.parse(run(home, ...args).stdout))
      // Of a model of ours we also show the digest, which Python passes over.
      expect({ ...mine, node: undefined }, args.join(' ')).toEqual({ ...its, node: undefined })
    }
    for (const tag of ['ours:v1', 'theirs:v1']) {
      const [mine, its] = [bento, bentoml].map(run => run(home, 'models', 'get', tag, '-o', 'path').stdout.trim())
      expect(mine?.replace(/\/$/, '')).toBe(its?.replace(/\/$/, ''))
    }
  })

  it('lets either command line delete what the other saved', async () => {
    await save('ours:v1')
    await save('ours:v2')
    await peer.createModel('theirs:v1', { a: 'a' })
    expect(bentoml(home, 'models', 'delete', 'ours:v2', '-y')).toMatchObject({ code: 0 })
    expect(bento(home, 'models', 'delete', 'theirs:v1', '-y')).toMatchObject({ code: 0 })
    expect((await peer.models()).map(model => model.tag)).toEqual(['ours:v1'])
    expect(tags(await models.list())).toEqual(['ours:v1'])
    expect(String((await models.latest('ours')).tag)).toBe('ours:v1')
  })

  it('keeps to a store that Python fills at the same time', async () => {
    mkdirSync(join(home, 'tmp'), { recursive: true })
    const [theirs, ours] = await Promise.all([
      (async () => {
        for (let n = 0; n < 10; n++) await peer.createModel(`p:${n}`, { a: 'a' })
      })(),
      (async () => {
        for (let n = 0; n < 10; n++) await save(`n:${n}`)
      })(),
    ])
    expect([theirs, ours]).toEqual([undefined, undefined])
    expect((await peer.models()).map(model => model.tag).sort()).toEqual(tags(await models.list()))
    expect(await models.list()).toHaveLength(20)
  })
})

function tags(models: Model[]): string[] {
  return models.map(model => String(model.tag)).sort()
}

/** A model of ours in the words of {@link PeerModel}. */
function asPeer({ tag, info }: Model): Omit<PeerModel, 'files'> {
  return {
    tag: String(tag),
    module: info.module,
    labels: info.labels,
    options: info.options,
    metadata: info.metadata,
    context: {
      framework_name: info.context.frameworkName,
      framework_versions: info.context.frameworkVersions,
      bentoml_version: info.context.bentomlVersion,
      python_version: info.context.pythonVersion,
    },
    signatures: Object.fromEntries(
      Object.entries(info.signatures).map(([name, { batchable, batchDim }]) => [
        name,
        { batchable, batch_dim: [...batchDim] },
      ]),
    ),
    api_version: info.apiVersion,
    creation_time: info.creationTime,
  }
}
