import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fullTag } from '../../src/core/tag.js'
import { isoTime } from '../../src/core/time.js'
import type { YamlValue } from '../../src/core/yaml.js'
import { type BentoInfo, dumpBentoInfo, parseBentoInfo } from '../../src/store/bento-info.js'
import { checkModelInput, dumpModelInfo, parseModelInfo } from '../../src/store/model-info.js'
import { describeNeeding } from '../support/needs.js'
import { findPython, type PythonPeer, startPython } from '../support/python.js'

const python = findPython('bentoml')

// What BentoML makes of a manifest: the manifest that it would write itself.
const PROGRAM = `
import os
os.environ["BENTOML_DO_NOT_TRACK"] = "True"
import io, logging
from bentoml._internal.models.model import ModelInfo
from bentoml._internal.bento.bento import BaseBentoInfo
logging.disable(logging.CRITICAL)
def answer(question):
    what, text = question
    info = (ModelInfo if what == "model" else BaseBentoInfo).from_yaml_file(io.StringIO(text))
    out = io.StringIO()
    info.dump(out)
    return out.getvalue()
`

const part = fc.stringMatching(/^[a-z0-9]([-._a-z0-9]{0,12}[a-z0-9])?$/).filter(text => text !== 'latest')
const number = fc.oneof(fc.integer(), fc.double({ noNaN: true }))
const text = fc.oneof(fc.string({ maxLength: 20 }), part, fc.constantFrom('yes', '1e5', '017', '模型', 'a\nb', '08:30'))
const labels = fc.dictionary(text, text, { maxKeys: 4, noNullPrototype: true })
const { value } = fc.letrec<{ value: YamlValue }>(tie => ({
  value: fc.oneof(
    { maxDepth: 3 },
    text,
    number,
    fc.boolean(),
    fc.uint8Array({ maxLength: 40 }),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(text, tie('value'), { maxKeys: 3, noNullPrototype: true }),
  ),
}))
const map = fc.dictionary(text, value, { maxKeys: 4, noNullPrototype: true })
const micros = fc.bigInt({ min: 0n, max: 4_102_444_800_000_000n })

describeNeeding(python === undefined ? 'a Python with BentoML' : undefined, 'beside BentoML', () => {
  let peer: PythonPeer
  beforeAll(() => {
    peer = startPython(python ?? '', PROGRAM)
  })
  afterAll(() => peer.close())

  test('BentoML reads and writes every model.yaml of ours as we do', async () => {
    const signature = fc.record({ batchable: fc.boolean(), batchDim: fc.tuple(fc.nat(3), fc.nat(3)) })
    const input = fc.record({
      labels,
      metadata: map,
      // BentoML keeps options only of a module that knows them.
      signatures: fc.dictionary(part, signature, { maxKeys: 3, noNullPrototype: true }),
      context: fc.record({ frameworkName: text, frameworkVersions: labels }),
    })
    await fc.assert(
      fc.asyncProperty(part, part, input, micros, async (name, version, given, time) => {
        const info = {
          ...checkModelInput(given, 'it'),
          tag: fullTag(name, version),
          creationTime: isoTime(time),
          digest: undefined,
          size: undefined,
          nodeVersion: '22.12.0',
          extra: {},
        }
        const answer = await peer.ask(['model', dumpModelInfo(info)])
        // It drops our own part and is freer with quotes; the rest is the same to the byte.
        expect(answer).toBe(dumpModelInfo({ ...info, nodeVersion: undefined }, { quoting: 'pyyaml' }))
        const { nodeVersion: _, ...rest } = parseModelInfo(String(answer), 'Python')
        const { nodeVersion: __, ...own } = parseModelInfo(dumpModelInfo(info), 'ours')
        expect(rest).toEqual(own)
      }),
      { numRuns: 300 },
    )
  }, 120_000)

  test('BentoML reads and writes every bento.yaml of ours as we do', async () => {
    const model = fc.record({
      tag: fc.tuple(part, part).map(([name, version]) => fullTag(name, version)),
      module: fc.oneof(text, fc.constant(undefined)),
      creationTime: micros.map(isoTime),
      alias: fc.option(part, { nil: undefined }),
      registry: fc.constant('bentoml'),
      metadata: fc.option(map, { nil: undefined }),
      extra: fc.constant({}),
    })
    const env = fc.record({
      name: fc.stringMatching(/^[A-Z_]{1,9}$/),
      value: text,
      stage: fc.constantFrom('all' as const, 'build' as const, 'runtime' as const),
      extra: fc.constant({}),
    })
    const bento: fc.Arbitrary<BentoInfo> = fc.record({
      tag: fc.tuple(part, part).map(([name, version]) => fullTag(name, version)),
      service: fc.constant('service:Service'),
      bentomlVersion: fc.constant('1.4.39'),
      creationTime: micros.map(isoTime),
      labels,
      models: fc.array(model, { maxLength: 2 }),
      entryService: part,
      services: fc
        .tuple(part)
        .map(([name]) => [{ name, service: '', models: [], dependencies: [], config: {}, extra: {} }]),
      envs: fc.array(env, { maxLength: 2 }),
      schema: map,
      args: map,
      spec: fc.constant(2 as const),
      image: fc.record({
        baseImage: text,
        pythonVersion: fc.constant('3.11'),
        commands: fc.array(text, { maxLength: 3 }),
        pythonRequirements: text,
        postCommands: fc.array(text, { maxLength: 1 }),
        buildInclude: fc.array(text, { maxLength: 1 }),
        extra: fc.constant({}),
      }),
      node: fc.option(map, { nil: undefined }),
      extra: fc.constant({}),
    })
    await fc.assert(
      fc.asyncProperty(bento, async info => {
        const answer = await peer.ask(['bento', dumpBentoInfo(info)])
        expect(answer).toBe(dumpBentoInfo({ ...info, node: undefined }, { quoting: 'pyyaml' }))
        expect(parseBentoInfo(String(answer), 'Python')).toEqual({
          ...parseBentoInfo(dumpBentoInfo(info), 'ours'),
          node: undefined,
        })
      }),
      { numRuns: 300 },
    )
  }, 120_000)
})
