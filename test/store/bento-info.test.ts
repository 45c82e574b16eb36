import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { fullTag, Tag } from '../../src/core/tag.js'
import { allModels, type BentoInfo, dumpBentoInfo, parseBentoInfo } from '../../src/store/bento-info.js'

const home = mkdtempSync(join(tmpdir(), 'bento-formats-'))
execFileSync('tar', ['xf', join(import.meta.dirname, '../../fixtures/bentoml/home.tar'), '-C', home])
afterAll(() => rmSync(home, { recursive: true }))

describe('every bento.yaml that BentoML wrote', () => {
  test.each(['b1', 'b2'])('greeter:%s', version => {
    const text = readFileSync(join(home, 'bentos/greeter', version, 'bento.yaml'), 'utf8')
    const info = parseBentoInfo(text, 'test', fullTag('greeter', version))
    expect(dumpBentoInfo(info, { quoting: 'pyyaml' })).toBe(text)
    expect(parseBentoInfo(dumpBentoInfo(info), 'test')).toEqual(info)
  })

  test('names all its models once', () => {
    const text = readFileSync(join(home, 'bentos/greeter/b2/bento.yaml'), 'utf8')
    const tags = allModels(parseBentoInfo(text, 'test')).map(model => String(model.tag))
    expect(tags).toEqual(['digits:v1', 'iris_clf:v2', 'tree:bmrpo4xfh6gdyax4'])
  })
})

// BentoML's own case of spec 1 (tests/unit/_internal/bento/test_bento.py), in the order of 1.4.
const SPEC_1 = `service: testservice
name: test
version: version
bentoml_version: 1.4.39
creation_time: '2024-01-02T03:04:05+00:00'
labels:
  label: stringvalue
models:
- tag: model_a:v1
  module: model_a_module
  creation_time: '2024-01-02T03:04:05.5+00:00'
- tag: model_b:v3
  module: model_b_module
  creation_time: '2024-01-02T03:04:05.5+00:00'
  alias: model_b_alias
entry_service: ''
services: []
envs: []
schema: {}
args: {}
spec: 1
runners:
- name: runner_a
  runnable_type: test_runnable_a
  embedded: false
  models:
  - runner_a_model
  resource_config:
    cpu: 2
apis:
- name: predict
  input_type: NumpyNdarray
  output_type: NumpyNdarray
docker:
  distro: debian
  python_version: '3.11'
  cuda_version: null
  env: null
python:
  requirements_txt: null
  lock_packages: true
conda:
  environment_yml: null
`

test('a bento of spec 1 survives being read and written', () => {
  const info = parseBentoInfo(SPEC_1, 'test')
  expect(info).toMatchObject({ spec: 1, image: undefined, models: [{ alias: undefined }, { alias: 'model_b_alias' }] })
  expect(dumpBentoInfo(info)).toBe(SPEC_1)
})

const OURS: BentoInfo = {
  tag: fullTag('iris', '1e5'),
  service: 'service:Service',
  bentomlVersion: '1.4.39',
  creationTime: '2024-01-02T03:04:05+00:00',
  labels: { stage: 'yes' },
  models: [
    {
      tag: new Tag('iris_clf', 'v2'),
      module: '',
      creationTime: '2024-01-02T03:04:05+00:00',
      alias: 'classifier',
      registry: 'bentoml',
      metadata: { digest: `sha256:${'0'.repeat(64)}`, size: 12 },
      extra: {},
    },
  ],
  entryService: 'iris',
  services: [{ name: 'iris', service: '', models: [], dependencies: [], config: {}, extra: {} }],
  envs: [{ name: 'LEVEL', value: '1', stage: 'runtime', extra: {} }],
  schema: {},
  args: {},
  spec: 2,
  image: {
    baseImage: 'node:22-slim',
    pythonVersion: '3.11',
    commands: ['true'],
    pythonRequirements: '',
    postCommands: [],
    buildInclude: [],
    extra: {},
  },
  node: { entry: 'src/server.js', engines: '>=20' },
  extra: {},
}

test('a bento of our own is spec 2, with our part behind', () => {
  const text = dumpBentoInfo(OURS)
  expect(text).toBe(`service: service:Service
name: iris
version: '1e5'
bentoml_version: 1.4.39
creation_time: '2024-01-02T03:04:05+00:00'
labels:
  stage: 'yes'
models:
- tag: iris_clf:v2
  module: ''
  creation_time: '2024-01-02T03:04:05+00:00'
  alias: classifier
  metadata:
    digest: sha256:${'0'.repeat(64)}
    size: 12
entry_service: iris
services:
- name: iris
  service: ''
  models: []
  dependencies: []
  config: {}
envs:
- name: LEVEL
  value: '1'
  stage: runtime
schema: {}
args: {}
spec: 2
image:
  base_image: node:22-slim
  python_version: '3.11'
  commands:
  - 'true'
  python_requirements: ''
  post_commands: []
  build_include: []
node:
  entry: src/server.js
  engines: '>=20'
`)
  expect(parseBentoInfo(text, 'test')).toEqual(OURS)
})

const LEAST = 'name: a\nversion: v1\nservice: s\n'

describe('read as BentoML reads', () => {
  test('three keys are enough', () => {
    const info = parseBentoInfo(LEAST, 'test')
    expect(info).toMatchObject({
      spec: 1,
      labels: {},
      models: [],
      services: [],
      creationTime: '1970-01-01T00:00:00+00:00',
    })
  })

  test.each(['name', 'version', 'service'])('%s must be there', key => {
    const text = LEAST.replace(new RegExp(`^${key}.*\n`, 'm'), '')
    expect(() => parseBentoInfo(text, 'test')).toThrow(new RegExp(`${key} is missing`))
  })

  test('only the number 2 is spec 2', () => {
    expect(parseBentoInfo(`${LEAST}spec: 2\n`, 'test')).toMatchObject({ spec: 2, image: { baseImage: '' } })
    for (const spec of ['1', '3', '"2"', 'null']) expect(parseBentoInfo(`${LEAST}spec: ${spec}\n`, 'test').spec).toBe(1)
  })

  test('models may be bare tags, as before 1.0', () => {
    const [model] = parseBentoInfo(`${LEAST}models:\n- a:v1\n`, 'test').models
    expect(model).toMatchObject({ tag: { name: 'a', version: 'v1' }, module: 'unknown', registry: 'bentoml' })
  })

  test('keys of others are kept, at every level', () => {
    const text = dumpBentoInfo(OURS)
      .replace('  alias: classifier\n', '  alias: classifier\n  registry: huggingface\n')
      .replace('  config: {}\n', '  config: {}\n  x: 1\n')
      .replace('  stage: runtime\n', '  stage: runtime\n  secret: true\n')
      .replace('  build_include: []\n', '  build_include: []\n  scripts: {}\n')
    expect(dumpBentoInfo(parseBentoInfo(`${text}owner: a\n`, 'test'))).toBe(`${text}owner: a\n`)
  })

  test('a dependency is text or a map', () => {
    const text = `${LEAST}services:\n- name: a\n  service: ''\n  dependencies:\n  - b\n  - service: c\n    url: http://x\n`
    expect(parseBentoInfo(text, 'test').services[0]?.dependencies).toEqual(['b', { service: 'c', url: 'http://x' }])
  })
})

describe('never trusted', () => {
  test.each([
    ['a path for a name', LEAST.replace('name: a', 'name: ../a')],
    ['null labels', `${LEAST}labels: null\n`],
    ['null models', `${LEAST}models: null\n`],
    ['a model without a tag', `${LEAST}models:\n- module: x\n`],
    ['a model whose tag is a path', `${LEAST}models:\n- tag: ../../x:v1\n`],
    ['models that are numbers', `${LEAST}models:\n- 5\n`],
    ['a service without a name', `${LEAST}services:\n- service: x\n`],
    ['an environment variable of an unknown stage', `${LEAST}envs:\n- name: A\n  stage: never\n`],
    ['an environment variable without a name', `${LEAST}envs:\n- value: x\n`],
    ['commands that are a string', `${LEAST}spec: 2\nimage:\n  commands: rm -rf /\n`],
    ['a list', '- a\n'],
    ['nothing', ''],
  ])('%s', (_, text) => {
    expect(() => parseBentoInfo(text, 'test')).toThrow(expect.objectContaining({ code: 'MANIFEST_INVALID' }))
  })

  test('a manifest in the folder of another tag', () => {
    expect(() => parseBentoInfo(LEAST, 'test', fullTag('a', 'v2'))).toThrow(/is a:v1, but the folder is that of a:v2/)
  })
})
