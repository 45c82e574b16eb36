import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { BENTOFILE_KEYS, ENV_KEYS, MODEL_KEYS } from '../../src/config/bentofile/keys.js'
import { readBentofile } from '../../src/config/bentofile/read.js'
import { BentoError } from '../../src/core/errors.js'
import { repository } from '../support/served.js'

const read = (text: string) => readBentofile(text, 'bentofile.yaml')

/** The problems of a bentofile, each as `line N: …`. */
function problemsOf(text: string): string[] {
  try {
    read(text)
  } catch (error) {
    if (!(error instanceof BentoError)) throw error
    expect(error.code).toBe('BENTOFILE_INVALID')
    return (error.details.problems as string[] | undefined) ?? [error.reason]
  }
  throw new Error('the bentofile should have been refused')
}

test('reads every key', () => {
  const text = `# yaml-language-server: $schema=./node_modules/vite-plugin-bento/schema/bentofile.json
service: src/service.ts
name: iris
version: 1.10
description: |
  # Iris
labels:
  owner: data-team
  stage: yes
include: ['templates/*.html', migrations/]
exclude:
  - '*.test.html'
models:
  - tokenizer:v3
  - { tag: 'iris_clf?stage=production', alias: classifier }
envs:
  - name: LEVEL
    value: 1
    stage: runtime
  - name: EMPTY
    value:
    stage:
args:
  threshold: 0.5
  nested: { list: [1, two, false] }
docker:
  distro: alpine
  base_image: node:24
  system_packages: [ffmpeg, libgomp1]
  setup_script: ./setup.sh
  dockerfile_template: Dockerfile.template
  env:
    LEVEL: 2
    MORE: a b
node:
  version: 22.10
  commands: [echo one]
  post_commands: [echo two]
  natives: ['!sharp']
  dependencies:
    include: [pino-pretty]
  platforms: [linux/amd64]
  server: handler
  trace: false
  client: false
  openapi: openapi.yaml
`
  expect(read(text)).toEqual({
    service: 'src/service.ts',
    name: 'iris',
    version: '1.10',
    description: '# Iris\n',
    labels: { owner: 'data-team', stage: 'yes' },
    include: ['templates/*.html', 'migrations/'],
    exclude: ['*.test.html'],
    models: ['tokenizer:v3', { tag: 'iris_clf?stage=production', alias: 'classifier' }],
    envs: [
      { name: 'LEVEL', value: '1', stage: 'runtime' },
      { name: 'MORE', value: 'a b' },
      { name: 'EMPTY', value: '' },
    ],
    args: { threshold: 0.5, nested: { list: [1, 'two', false] } },
    image: {
      distro: 'alpine',
      base: 'node:24',
      systemPackages: ['ffmpeg', 'libgomp1'],
      setupScript: './setup.sh',
      template: 'Dockerfile.template',
      node: '22.10',
      commands: ['echo one'],
      postCommands: ['echo two'],
    },
    natives: ['!sharp'],
    dependencies: { include: ['pino-pretty'] },
    platforms: ['linux/amd64'],
    server: 'handler',
    trace: false,
    client: false,
    openapi: 'openapi.yaml',
  })
})

test('numbers without quotes are taken as written', () => {
  expect(read('version: 1e5\nnode: { version: 22.10 }\nlabels: { build: 017 }\n')).toEqual({
    version: '1e5',
    image: { node: '22.10' },
    labels: { build: '017' },
  })
})

test.each(['', '# nothing yet\n', 'labels:\nnode:\n  version:\n', 'conda: null\ndocker: { cuda_version: ~ }\n'])(
  '%j says nothing',
  text => {
    expect(read(text)).toEqual({})
  },
)

test('docker.env may be a list, as in BentoML', () => {
  expect(read('docker: { env: [A=1, B=x=y] }')).toEqual({
    envs: [
      { name: 'A', value: '1' },
      { name: 'B', value: 'x=y' },
    ],
  })
})

test('the example of the docs can be read, and the docs have every key', () => {
  const page = readFileSync(join(repository, 'docs/build.md'), 'utf8')
  const [, example = ''] = /```yaml\n([^`]*)```/.exec(page) ?? []
  expect(read(example)).toMatchObject({
    include: ['migrations/'],
    image: { node: '22.12' },
    platforms: ['linux/amd64'],
  })
  const told = [...page.matchAll(/^\| (`[^|]*`) \|/gm)].flatMap(([, cell = '']) => cell.match(/[\w.]+/g) ?? [])
  expect(BENTOFILE_KEYS.map(({ key }) => key).filter(key => !told.includes(key))).toEqual([])
})

test('lists every problem with its line, in the order of the file', () => {
  const text = `service: "service:Iris"
name: Not A Name
inclde: ['*.html']
include: "*.py"
labels:
  team: [a]
python:
  packages: [torch]
docker:
  python_version: 3.10
  distro: debain
  env: .env
node:
  version:
    major: 22
  native: [sharp]
envs:
  - name: 1A
    valu: x
models:
  - tag: a:b:c
  - { tag: iris_clf, filter: "stage:prod" }
platforms: [linux/amd64]
`
  const problems = problemsOf(text)
  const expected = [
    /^line 1: service names a class of Python, "service:Iris"; name the module/,
    /^line 2: name is not a valid name/,
    /^line 3: inclde is no key of a bentofile; did you mean "include"\?$/,
    /^line 4: include must be an array, not a string$/,
    /^line 6: labels\.team must be text, not an array$/,
    /^line 7: python is for services in Python; packages come from package\.json/,
    /^line 10: docker\.python_version is for services in Python; node\.version says/,
    /^line 11: docker\.distro must be "debian" or "alpine", not "debain"$/,
    /^line 12: docker\.env names a file, whose values would stand in the manifest/,
    /^line 14: node\.version must be text, not an object$/,
    /^line 16: node\.native is no key of a bentofile; did you mean "node\.natives"\?$/,
    /^line 18: envs\[0\] has no valid name of a variable: "1A"$/,
    /^line 19: envs\[0\]\.valu is no key of a bentofile; did you mean "envs\[0\]\.value"\?$/,
    /^line 21: models\[0\] is wrong: "a:b:c" is not a model request/,
    /^line 22: models\[1\]\.filter is not known here; ask for labels in the tag/,
    /^line 23: platforms is no key of a bentofile; did you mean "node\.platforms"\?$/,
  ]
  expect(problems).toEqual(expected.map(pattern => expect.stringMatching(pattern)))
})

test.each([
  ['conda: { pip: [x] }', /conda is for services in Python; libraries of the system/],
  ['docker: { cuda_version: "12" }', /docker\.cuda_version has no image with Node/],
  ['docker: [debian]', /docker must be a map, not an array/],
  ['docker: { env: [A] }', /docker\.env\[0\] must be of the form NAME=value/],
  ['docker: { env: { "A B": x } }', /docker\.env\.A B has no valid name of a variable/],
  ['docker: { base_image: "a\\nRUN x" }', /docker\.base_image holds a line break/],
  ['docker: { system_packages: ["a\\nb"] }', /docker\.system_packages\[0\] holds a line break/],
  ['envs: [{ name: A, value: "x\\nRUN y" }]', /envs\[0\] has a value with a line break/],
  ['envs: { A: b }', /envs must be a list, not an object/],
  ['args: { a: null }', /args\.a must be text, a number/],
  ['args: { big: 123456789012345678901 }', /args\.big must be text, a number/],
  ['- a list', /must be a map of keys, not an array/],
  ['just text', /must be a map of keys, not a string/],
])('refuses %s', (text, expected) => {
  expect(problemsOf(text).join('\n')).toMatch(expected)
})

describe('hostile YAML', () => {
  test.each([
    ['an alias bomb', 'a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n', /alias/],
    ['deep nesting', `args: ${'['.repeat(400)}${']'.repeat(400)}`, /nests deeper/],
    ['a tag', 'name: !!python/object/apply:os.system ["id"]', /tag/],
    ['a duplicate key', 'name: a\nname: b\n', /unique|twice/],
    ['a second document', 'name: a\n---\nname: b\n', /document/],
    ['broken syntax', 'name: [a\nlabels: }', /line \d/],
    ['a file too long', `name: ${'a'.repeat(2 ** 20)}`, /characters/],
  ])('%s is refused', (_name, text, expected) => {
    expect(problemsOf(text).join('\n')).toMatch(expected)
  })

  test('keys that are names of JavaScript are unknown, and change nothing', () => {
    expect(problemsOf('__proto__: { polluted: true }\nconstructor:\n')).toEqual([
      'line 1: __proto__ is no key of a bentofile',
      'line 2: constructor is no key of a bentofile',
    ])
    expect(read('labels: { __proto__: x }').labels).toEqual(JSON.parse('{ "__proto__": "x" }'))
  })

  test('what is shown cannot steer a terminal', () => {
    expect(problemsOf('"\\e[2Jx": 1').join()).toContain('\\x1b[2Jx')
  })
})

describe('schema/bentofile.json', () => {
  interface Schema {
    properties?: Record<string, Schema>
    items?: Schema
    anyOf?: Schema[]
    enum?: unknown[]
    additionalProperties?: unknown
    examples?: unknown[]
    description?: string
  }
  const schema: Schema = JSON.parse(readFileSync(join(repository, 'schema/bentofile.json'), 'utf8'))

  /** A document of one value at a place: `docker.distro`, `envs[].stage`. */
  function documentOf(place: string, value: unknown): string {
    const nest = (parts: string[]): unknown => {
      const [part = '', ...rest] = parts
      if (parts.length === 0) return value
      const inner = nest(rest)
      if (!part.endsWith('[]')) return { [part]: inner }
      const base = part === 'models[]' ? { tag: 'a' } : { name: 'A' }
      return { [part.slice(0, -2)]: [{ ...base, ...(inner as object) }] }
    }
    // JSON is YAML.
    return JSON.stringify(nest(place.split('.')))
  }

  function* leaves(node: Schema, place = ''): Generator<{ place: string; node: Schema }> {
    for (const [name, inner] of Object.entries(node.properties ?? {})) {
      const here = place === '' ? name : `${place}.${name}`
      const item = inner.items?.anyOf?.find(({ properties }) => properties) ?? inner.items
      if (inner.properties !== undefined) yield* leaves(inner, here)
      else {
        yield { place: here, node: inner }
        if (item?.properties !== undefined) yield* leaves(item, `${here}[]`)
      }
    }
  }

  test('has the keys of the reader, and no other', () => {
    const keys = [
      ...BENTOFILE_KEYS.map(({ key }) => key),
      ...MODEL_KEYS.map(key => `models[].${key}`),
      ...ENV_KEYS.map(key => `envs[].${key}`),
    ]
    expect([...leaves(schema)].map(({ place }) => place).sort()).toEqual(keys.sort())
  })

  test('has an example of each key that the reader takes, and closes every map', () => {
    for (const { place, node } of leaves(schema)) {
      expect(node.description, place).toBeTruthy()
      for (const example of node.examples ?? node.enum ?? [undefined]) {
        expect(() => read(documentOf(place, example)), `${place}: ${JSON.stringify(example)}`).not.toThrow()
      }
    }
    const closed = [schema, schema.properties?.docker, schema.properties?.node].map(node => node?.additionalProperties)
    expect(closed).toEqual([false, false, false])
  })

  test('lists the choices that the reader has', () => {
    for (const { place, node } of leaves(schema)) {
      if (node.enum !== undefined) expect(() => read(documentOf(place, 'other')), place).toThrow(/must be/)
    }
  })
})
