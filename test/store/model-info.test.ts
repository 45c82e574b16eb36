import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { isBentoError } from '../../src/core/errors.js'
import { fullTag } from '../../src/core/tag.js'
import { parseTime } from '../../src/core/time.js'
import {
  checkModelInput,
  dumpModelInfo,
  type ModelInfo,
  type ModelInput,
  parseModelInfo,
} from '../../src/store/model-info.js'

const home = mkdtempSync(join(tmpdir(), 'bento-formats-'))
execFileSync('tar', ['xf', join(import.meta.dirname, '../../fixtures/bentoml/home.tar'), '-C', home])
afterAll(() => rmSync(home, { recursive: true }))

const models = readdirSync(join(home, 'models')).flatMap(name =>
  readdirSync(join(home, 'models', name), { withFileTypes: true })
    .filter(entry => entry.isDirectory())
    .map(entry => ({ tag: fullTag(name, entry.name), file: join(home, 'models', name, entry.name, 'model.yaml') })),
)

describe('every model.yaml that BentoML wrote', () => {
  test('is there', () => {
    expect(models).toHaveLength(26)
  })

  test.each(models)('$tag', ({ tag, file }) => {
    const text = readFileSync(file, 'utf8')
    const info = parseModelInfo(text, file, tag)
    expect(info.tag.equals(tag)).toBe(true)
    expect(dumpModelInfo(info, { quoting: 'pyyaml' })).toBe(text)
    // With our quotes it is the same to us, and to every other reader.
    expect(parseModelInfo(dumpModelInfo(info), file)).toEqual(info)
  })

  test('keeps its values', () => {
    const text = readFileSync(models.find(({ tag }) => tag.name === 'tree')?.file ?? '', 'utf8')
    const info = parseModelInfo(text, 'tree')
    expect(info.labels).toEqual({ stage: 'dev', 空: 'é ü', quote: 'a"b\'c: #d' })
    expect(info.metadata).toMatchObject({ big: 2n ** 60n, neg: -1.5e-9, inf_like: 'inf', multi: 'line1\nline2\n' })
    expect(info).toMatchObject({ digest: undefined, size: undefined, nodeVersion: undefined, extra: {} })
  })
})

// BentoML's own case (tests/unit/_internal/models/test_model.py): every field, in order.
const WHOLE = `name: test
version: version
module: testmodule
labels:
  label: stringvalue
options:
  option_a: 1
  option_b: foo
  option_c:
  - 1.0
  - 2.0
metadata:
  a: 0.1
  b: 1
  c:
  - 2
  - 3
  - 4
context:
  framework_name: testframework
  framework_versions:
    testframework: v1
  bentoml_version: 1.4.39
  python_version: ''
signatures:
  predict:
    batchable: false
  classify:
    batchable: true
    batch_dim:
    - 0
    - 0
  predict_ii:
    batchable: true
    batch_dim:
    - 0
    - 3
  classify_ii:
    batchable: true
    batch_dim:
    - 1
    - 3
api_version: v1
creation_time: '2024-01-02T03:04:05.123456+00:00'
`
const INPUT: ModelInput = {
  module: 'testmodule',
  labels: { label: 'stringvalue' },
  options: { option_a: 1, option_b: 'foo', option_c: [1.5, 2.5] },
  metadata: { a: 0.1, b: 1, c: new Int32Array([2, 3, 4]) },
  context: { frameworkName: 'testframework', frameworkVersions: { testframework: 'v1' } },
  signatures: {
    predict: { batchable: false, batchDim: 5 },
    classify: { batchable: true },
    predict_ii: { batchable: true, batchDim: [0, 3] },
    classify_ii: { batchable: true, batchDim: [1, 3] },
  },
}

function infoOf(input: ModelInput, more: Partial<ModelInfo> = {}): ModelInfo {
  return {
    ...checkModelInput(input, 'the model test'),
    tag: fullTag('test', 'version'),
    creationTime: '2024-01-02T03:04:05.123456+00:00',
    digest: undefined,
    size: undefined,
    nodeVersion: undefined,
    extra: {},
    ...more,
  }
}

describe('a model of our own', () => {
  test('is written as BentoML writes one', () => {
    expect(dumpModelInfo(infoOf(INPUT))).toBe(WHOLE.replace('1.0', '1.5').replace('2.0', '2.5'))
  })

  test('reads back equal, and writing it again changes nothing', () => {
    const info = infoOf(INPUT)
    const text = dumpModelInfo(info)
    const again = parseModelInfo(text, 'test')
    expect(again).toEqual({
      ...info,
      signatures: { ...info.signatures, predict: { ...info.signatures.predict, batchDim: [0, 0] } },
    })
    expect(dumpModelInfo(again)).toBe(text)
    expect(dumpModelInfo(parseModelInfo(WHOLE, 'test'))).toBe(WHOLE)
  })

  test('has all ten keys when nothing was given, and ours behind them', () => {
    const digest = `sha256:${'a'.repeat(64)}`
    const text = dumpModelInfo(infoOf({}, { digest, size: 12, nodeVersion: '22.12.0' }))
    expect(text).toBe(`name: test
version: version
module: ''
labels: {}
options: {}
metadata: {}
context:
  framework_name: ''
  framework_versions: {}
  bentoml_version: 1.4.39
  python_version: ''
signatures: {}
api_version: v1
creation_time: '2024-01-02T03:04:05.123456+00:00'
node:
  digest: ${digest}
  size: 12
  node_version: 22.12.0
`)
    expect(parseModelInfo(text, 'test')).toMatchObject({ digest, size: 12, nodeVersion: '22.12.0', extra: {} })
  })

  test('with a version like a number is quoted for every reader', () => {
    const text = dumpModelInfo(infoOf({ labels: { a: '0o17' } }, { tag: fullTag('1e5', '1234567e8') }))
    expect(text).toMatch(/^name: '1e5'\nversion: '1234567e8'\n/)
    expect(text).toContain("  a: '0o17'\n")
  })

  test('is refused when Python could not read it, with every path', () => {
    const bad = {
      labels: { a: 1, b: null, c: 'ok' },
      metadata: { x: { y: [null] } },
      module: 5,
      options: { f: () => 1, none: null },
      context: { frameworkVersions: { a: 1 } },
      signatures: { run: { batchable: 'yes', batchDim: [1], batch_dim: 0 }, walk: 5 },
    }
    try {
      checkModelInput(bad as unknown as ModelInput, 'the model iris_clf')
      expect.unreachable()
    } catch (error) {
      if (!isBentoError(error, 'VALUE_INVALID')) throw error
      expect(error.message).toMatch(/^Cannot save the model iris_clf: /)
      expect(error.details.problems).toEqual([
        'labels.a is a number, not text (write "1")',
        'labels.b is null, not text',
        'metadata.x.y[0] is null, which BentoML cannot read',
        'module is a number, not text (write "5")',
        'options.f is a function',
        'context.frameworkVersions.a is a number, not text (write "1")',
        'signatures.run.batchable is a string, not a boolean',
        'signatures.run.batchDim is neither a whole number nor two of them',
        'signatures.run.batch_dim is not known',
        'signatures.walk is a number, not a plain object',
      ])
    }
  })

  test('too large to be read again is refused', () => {
    const info = infoOf({ metadata: { text: 'x'.repeat(1024 * 1024) } })
    expect(() => dumpModelInfo(info)).toThrow(expect.objectContaining({ code: 'VALUE_INVALID' }))
  })
})

describe('read as BentoML reads', () => {
  const without = (key: string) => WHOLE.replace(new RegExp(`^${key}:.*\n(?:[ -].*\n)*`, 'm'), '')

  test('signatures and the versions in context may lack', () => {
    const text = without('signatures').replace(/ {2}(?:bentoml|python)_version.*\n/g, '')
    const info = parseModelInfo(text, 'test')
    expect(info.signatures).toEqual({})
    expect(info.context).toMatchObject({ bentomlVersion: '', pythonVersion: '' })
  })

  test.each(['name', 'version', 'module', 'labels', 'options', 'metadata', 'context', 'api_version', 'creation_time'])(
    '%s must be there',
    key => {
      expect(() => parseModelInfo(without(key), 'test')).toThrow(
        expect.objectContaining({ code: 'MANIFEST_INVALID', message: expect.stringContaining(`${key} is missing`) }),
      )
    },
  )

  test('keys of others are kept, at every level', () => {
    const text = `${WHOLE.replace("  python_version: ''\n", "  python_version: ''\n  later: 1\n").replace(
      '    batchable: false\n',
      '    batchable: false\n    kind: x\n',
    )}node:\n  digest: bad\n  more:\n  - 1\nowner:\n  team: a\n`
    const info = parseModelInfo(text, 'test')
    expect(info.extra).toEqual({ owner: { team: 'a' }, node: { more: [1] } })
    expect(info.digest).toBeUndefined()
    expect(dumpModelInfo(info)).toBe(text.replace('  digest: bad\n', ''))
  })

  test('one batch_dim means both', () => {
    const text = WHOLE.replace('    batch_dim:\n    - 0\n    - 3\n', '    batch_dim: 2\n')
    expect(parseModelInfo(text, 'test').signatures.predict_ii?.batchDim).toEqual([2, 2])
  })

  test('labels that are no text are read as they were written', () => {
    const text = WHOLE.replace('  label: stringvalue\n', '  a: 017\n  b: yes\n  c: 1.50\n')
    expect(parseModelInfo(text, 'test').labels).toEqual({ a: '017', b: 'yes', c: '1.50' })
  })

  test('a time without quotes becomes a time as BentoML writes it', () => {
    const text = WHOLE.replace(/creation_time: .*/, 'creation_time: 2024-01-02 04:04:05.5+01:00')
    expect(parseModelInfo(text, 'test').creationTime).toBe('2024-01-02T03:04:05.500000+00:00')
  })

  test('the context of before 1.0', () => {
    const text = WHOLE.replace(/ {2}framework_versions:\n.*\n/, '  pip_dependencies:\n  - torch\n')
    expect(parseModelInfo(text, 'test').context).toMatchObject({
      frameworkVersions: {},
      extra: { pip_dependencies: ['torch'] },
    })
  })
})

describe('never trusted', () => {
  test.each([
    ['a name that is a path', WHOLE.replace('name: test', 'name: ../../etc')],
    ['a version that is a path', WHOLE.replace('version: version', 'version: a/b')],
    ['a name with a newline', WHOLE.replace('name: test', 'name: "test\\n"')],
    ['an empty version', WHOLE.replace('version: version', "version: ''")],
    ['a null version', WHOLE.replace('version: version', 'version: null')],
    ['a list for a version', WHOLE.replace('version: version', 'version: [a]')],
    ['null labels', WHOLE.replace('labels:\n  label: stringvalue', 'labels: null')],
    ['a null label', WHOLE.replace('label: stringvalue', 'label: null')],
    ['a time that is none', WHOLE.replace(/creation_time: .*/, "creation_time: 'soon'")],
    ['a number for a time', WHOLE.replace(/creation_time: .*/, 'creation_time: 5')],
    ['a scalar', 'bad yaml'],
    ['nothing', ''],
    ['a list', '- a\n'],
  ])('%s', (_, text) => {
    expect(() => parseModelInfo(text, 'test')).toThrow(expect.objectContaining({ code: 'MANIFEST_INVALID' }))
  })

  test('a manifest in the folder of another tag', () => {
    expect(() => parseModelInfo(WHOLE, 'test', fullTag('test', 'other'))).toThrow(/is test:version, but the folder is/)
  })

  test('all problems come in one error', () => {
    const text = WHOLE.replace('name: test', 'name: ../x').replace('labels:\n  label: stringvalue', 'labels: []')
    expect(() => parseModelInfo(text, 'test')).toThrow(
      /name "\.\.\/x" is not a valid name; labels is a list, not a map/,
    )
  })

  test('a version that someone forgot to quote is that version', () => {
    for (const version of ['017', '1_000', '1.10', 'true', 'null0', '2024-01-01', '0x1f', 'on']) {
      const info = parseModelInfo(WHOLE.replace('version: version', `version: ${version}`), 'test')
      expect(info.tag.version).toBe(version)
    }
  })
})

test('creation times compare as moments', () => {
  const info = parseModelInfo(WHOLE, 'test')
  expect(parseTime(info.creationTime)?.micros).toBe(1704164645123456n)
})
