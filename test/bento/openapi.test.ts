import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { loadExport } from '../../src/bento/load-export.js'
import { openApiDocument } from '../../src/bento/openapi/document.js'
import type { JsonMap } from '../../src/bento/openapi/json.js'
import { readOpenApiFile } from '../../src/bento/openapi/read-file.js'
import { serviceSchema } from '../../src/bento/openapi/service-schema.js'
import { isBentoError } from '../../src/core/errors.js'
import { scratchFolder } from '../support/home.js'

const INFO = { title: 'T', version: '1' }

function document(paths: unknown, more: object = {}): JsonMap {
  const checked = openApiDocument({ openapi: '3.0.3', info: INFO, paths, ...more })
  if ('problems' in checked) throw new Error(checked.problems.join('; '))
  return checked.document
}

function problems(value: unknown): string[] {
  const checked = openApiDocument(value)
  return 'problems' in checked ? checked.problems : []
}

/** The only route of a document with one operation. */
function route(operation: object, more: object = {}): Record<string, unknown> | undefined {
  const { routes } = serviceSchema('svc', document({ '/call': { post: operation } }, more))
  return (routes as Record<string, unknown>[])[0]
}

const body = (type: string, schema: unknown, more: object = {}) => ({
  requestBody: { content: { [type]: { schema, ...more } } },
})
const answer = (type: string, schema: unknown) => ({
  responses: { 200: { description: '', content: { [type]: { schema } } } },
})
const json = 'application/json'

describe('inputs of routes', () => {
  const number = { type: 'number' }
  it.each<[string, object, unknown]>([
    [
      'properties of an object are arguments',
      body(json, { type: 'object', properties: { a: number }, required: ['a'] }),
      { title: 'Input', type: 'object', properties: { a: number }, required: ['a'] },
    ],
    [
      'another value is the only argument',
      body(json, { type: 'array', items: number }),
      { type: 'array', items: number, root_input: true },
    ],
    ['an object of any keys, too', body(json, { type: 'object' }), { type: 'object', root_input: true }],
    [
      'a choice, too',
      body(json, { oneOf: [{ type: 'object', properties: {} }, number] }),
      { oneOf: [{ type: 'object', properties: {} }, number], root_input: true },
    ],
    ['a body without a schema', body('application/vnd.api+json; charset=utf-8', undefined), { root_input: true }],
    ['no body', {}, { properties: {}, title: 'Input', type: 'object' }],
    [
      'a file in a form (3.0)',
      body('multipart/form-data', {
        type: 'object',
        properties: { file: { type: 'string', format: 'binary', title: 'F' }, note: { type: 'string' } },
      }),
      {
        title: 'Input',
        type: 'object',
        properties: { file: { title: 'F', type: 'file', format: 'binary' }, note: { type: 'string' } },
      },
    ],
    [
      'files in a form (3.1)',
      body('multipart/form-data', {
        properties: { files: { type: 'array', items: { contentMediaType: 'image/png' } } },
      }),
      {
        title: 'Input',
        type: 'object',
        properties: { files: { type: 'array', items: { type: 'file', format: 'image', content_type: 'image/png' } } },
      },
    ],
    [
      'a file that may be left out',
      body('multipart/form-data', {
        properties: { file: { title: 'F', anyOf: [{ type: 'string', format: 'binary' }, { type: 'null' }] } },
      }),
      { title: 'Input', type: 'object', properties: { file: { title: 'F', type: 'file', format: 'binary' } } },
    ],
    [
      'a file by its encoding',
      body(
        'multipart/form-data',
        { properties: { file: {}, meta: { type: 'object' } } },
        { encoding: { file: { contentType: 'audio/wav' }, meta: { contentType: 'application/json' } } },
      ),
      {
        title: 'Input',
        type: 'object',
        properties: { file: { type: 'file', format: 'audio', content_type: 'audio/wav' }, meta: { type: 'object' } },
      },
    ],
    [
      'bytes are a file',
      body('application/octet-stream', { type: 'string', format: 'binary' }),
      { format: 'binary', type: 'file', root_input: true },
    ],
    ['text', body('text/plain', { type: 'string' }), { type: 'string', root_input: true }],
  ])('%s', (_, operation, input) => expect(route(operation)?.input).toEqual(input))

  it.each<[string, object]>([
    ['a form without a file', body('multipart/form-data', { properties: { a: { type: 'string' } } })],
    ['an encoded form', body('application/x-www-form-urlencoded', { type: 'object' })],
    ['a parameter that must be given', { parameters: [{ name: 'q', in: 'query', required: true }] }],
  ])('%s is nothing that a client can send', (_, operation) => expect(route(operation)).toBeUndefined())

  it('a parameter that need not be given is none that matters', () => {
    expect(route({ parameters: [{ name: 'q', in: 'query' }] })).toBeDefined()
  })
})

describe('outputs of routes', () => {
  it.each<[string, object, unknown]>([
    ['JSON', answer(json, { type: 'object', properties: {} }), { type: 'object', properties: {} }],
    ['JSON text, which is not plain text', answer(json, { type: 'string' }), { anyOf: [{ type: 'string' }] }],
    ['plain text', answer('text/plain', { type: 'string' }), { type: 'string' }],
    [
      'bytes',
      answer('image/png', { type: 'string', format: 'binary' }),
      { type: 'string', format: 'binary', media_type: 'image/png' },
    ],
    ['a stream', answer('text/event-stream', {}), { type: 'string', is_stream: true, media_type: 'text/event-stream' }],
    ['nothing', { responses: { 204: { description: '' } } }, { type: 'null' }],
    [
      '201 where there is no 200',
      {
        responses: { 201: { content: { [json]: { schema: { type: 'integer' } } } }, 400: { content: { [json]: {} } } },
      },
      { type: 'integer' },
    ],
    [
      'the default',
      { responses: { default: { content: { [json]: { schema: { type: 'integer' } } } } } },
      { type: 'integer' },
    ],
  ])('%s', (_, operation, output) => expect(route(operation)?.output).toEqual(output))
})

describe('routes', () => {
  it('have names that Python can write, each once', () => {
    const post = (operationId?: string) => ({ post: operationId === undefined ? {} : { operationId } })
    const { routes, paths } = serviceSchema(
      'svc',
      document({
        '/': post(),
        '/v1/embed-text': post(),
        '/v1/embed_text': post(),
        '/a': post('get flower!'),
        '/b': post('2nd'),
        '/c': post('größe'),
        '/d': { post: { operationId: 'svc__d', 'x-bentoml-name': 'd' } },
        '/e/{id}': post('e'),
        '/f': { get: { operationId: 'f' } },
      }),
    )
    expect((routes as { name: string; route: string }[]).map(({ name, route }) => [route, name])).toEqual([
      ['/', 'call'],
      ['/v1/embed-text', 'v1_embed_text'],
      ['/v1/embed_text', 'v1_embed_text_2'],
      ['/a', 'get_flower'],
      ['/b', '_2nd'],
      ['/c', 'größe'],
      ['/d', 'd'],
    ])
    expect(Object.keys(paths as object)).toHaveLength(9)
  })

  it('follow references, to bodies, responses and path items as well', () => {
    const schema = serviceSchema(
      'svc',
      document(
        { '/a': { $ref: '#/components/pathItems/A' } },
        {
          openapi: '3.1.0',
          components: {
            pathItems: {
              A: {
                post: {
                  requestBody: { $ref: '#/components/requestBodies/B' },
                  responses: { 200: { $ref: '#/components/responses/C' } },
                },
              },
            },
            requestBodies: {
              B: {
                content: {
                  [json]: {
                    schema: {
                      allOf: [{ $ref: '#/components/schemas/x~1y%20z' }, { properties: { b: true }, required: ['b'] }],
                    },
                  },
                },
              },
            },
            responses: {
              C: { content: { [json]: { schema: { $ref: '#/components/schemas/Tree', description: 'mine' } } } },
            },
            schemas: {
              'x/y z': {
                type: 'object',
                properties: { a: { type: 'array' }, default: { $ref: '#/components/schemas/Tree' } },
                required: ['a'],
              },
              Tree: {
                type: 'object',
                description: 'a tree',
                properties: { branches: { type: 'array', items: { $ref: '#/components/schemas/Tree' } } },
              },
            },
          },
        },
      ),
    )
    const tree = { type: 'object', description: 'a tree', properties: { branches: { type: 'array', items: {} } } }
    expect(schema.routes).toMatchObject([
      {
        input: {
          type: 'object',
          properties: { a: { type: 'array', items: {} }, default: tree, b: {} },
          required: ['a', 'b'],
        },
        output: { ...tree, description: 'mine' },
      },
    ])
  })

  it('stay of bounded size where references branch without end', () => {
    const schemas = Object.fromEntries(
      Array.from({ length: 40 }, (_, level) => [
        `S${level}`,
        {
          type: 'object',
          properties: Object.fromEntries(
            ['a', 'b', 'c'].map(key => [key, level === 39 ? {} : { $ref: `#/components/schemas/S${level + 1}` }]),
          ),
        },
      ]),
    )
    const schema = serviceSchema(
      'svc',
      document({ '/a': { post: body(json, { $ref: '#/components/schemas/S0' }) } }, { components: { schemas } }),
    )
    expect(JSON.stringify(schema).length).toBeLessThan(4 << 20)
  })

  it('hold no reference, and what a BentoML client looks for, whatever the schemas', () => {
    const name = fc.constantFrom('A', 'B', 'C')
    const { schema } = fc.letrec<{ schema: JsonMap | boolean }>(tie => ({
      schema: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom<(JsonMap | boolean)[]>(true, { type: 'string' }, { type: 'array' }, {}),
        name.map(name => ({ $ref: `#/components/schemas/${name}` })),
        fc.record({ type: fc.constant('array'), items: tie('schema') }),
        fc.record({
          type: fc.constant('object'),
          properties: fc.dictionary(fc.constantFrom('a', '$ref', 'default', '__proto__'), tie('schema')),
        }),
        fc.record({ allOf: fc.array(tie('schema')) }),
        fc.record({ anyOf: fc.array(tie('schema'), { minLength: 1 }), additionalProperties: tie('schema') }),
      ) as fc.Arbitrary<JsonMap | boolean>,
    }))
    fc.assert(
      fc.property(fc.record({ A: schema, B: schema, C: schema }), schema, schema, (schemas, input, output) => {
        const { routes } = serviceSchema(
          'svc',
          document({ '/a': { post: { ...body(json, input), ...answer(json, output) } } }, { components: { schemas } }),
        )
        const [only] = routes as { input: JsonMap; output: JsonMap }[]
        expect(only?.input.root_input === true || only?.input.properties !== undefined).toBe(true)
        for (const part of [only?.input, only?.output]) expectSelfContained(part)
      }),
    )
  })
})

/** No `$ref` keyword is left, no schema is a boolean, and each array has items. */
function expectSelfContained(schema: unknown): void {
  expect(schema).toBeTypeOf('object')
  const { $ref, type, items, properties, ...rest } = schema as JsonMap
  expect($ref).toBeUndefined()
  if (type === 'array') expect(items).toBeDefined()
  if (items !== undefined) expectSelfContained(items)
  for (const property of Object.values((properties ?? {}) as object)) expectSelfContained(property)
  for (const choice of ['allOf', 'anyOf'].flatMap(key => (rest[key] ?? []) as unknown[])) expectSelfContained(choice)
}

describe('an OpenAPI document', () => {
  it.each<[string, unknown, RegExp]>([
    ['none', [], /^it is a list, not an object/],
    ['of Swagger', { swagger: '2.0' }, /openapi is "2\.0"/],
    ['of the future', { openapi: '4.0.0', info: INFO, paths: {} }, /openapi is "4\.0\.0"/],
    [
      'with a function',
      { openapi: '3.1.0', info: INFO, paths: { '/a': { post: () => {} } } },
      /^paths\.\/a\.post is a function/,
    ],
    [
      'with an infinite number',
      { openapi: '3.1.0', info: { ...INFO, x: Number.POSITIVE_INFINITY } },
      /^info\.x is Infinity/,
    ],
    [
      'of another file',
      { openapi: '3.1.0', info: INFO, paths: { '/a': { $ref: './a.yaml' } } },
      /refers to \.\/a\.yaml, outside of the document/,
    ],
    [
      'with a reference to nowhere',
      { openapi: '3.1.0', info: INFO, paths: { '/a': { $ref: '#/components/x' } } },
      /refers to #\/components\/x, which is not there/,
    ],
    [
      'with an operation that is none',
      { openapi: '3.0.0', info: INFO, paths: { '/a': { post: 'x' }, '/b': 1 } },
      /^paths\["\/a"\]\.post is a string, not an object; paths\["\/b"\] is a number, not an object$/,
    ],
  ])('%s is told of', (_, value, problem) => expect(problems(value).join('; ')).toMatch(problem))

  it('that contains itself or is too deep is told of', () => {
    const value: Record<string, unknown> = { openapi: '3.1.0', info: INFO }
    value.paths = { '/a': value }
    expect(problems(value)).toEqual(['paths./a contains itself'])
    let deep: unknown = {}
    for (let level = 0; level < 100; level++) deep = [deep]
    expect(problems({ openapi: '3.1.0', info: INFO, 'x-deep': deep })).toEqual([
      expect.stringMatching(/nests deeper than 90 levels$/),
    ])
  })

  it('may hold references in examples, and a schema called default', () => {
    const schemas = { default: { type: 'object', example: { $ref: 'anything' } } }
    expect(
      problems({ openapi: '3.1.0', info: INFO, components: { schemas, examples: { a: { value: { $ref: 'x' } } } } }),
    ).toEqual([])
  })

  it('keeps its order and its public servers, and loses those of a developer’s machine', () => {
    const local = [
      'http://localhost:3000',
      'https://127.0.0.1/api',
      'http://[::1]:80',
      '//app.localhost',
      'http://0.0.0.0:1',
    ]
    const kept = ['https://api.example/v1', '/v1', '{scheme}://localhost.example']
    const servers = [...local, ...kept].map(url => ({ url }))
    const result = document({ '/b': { servers, post: { servers: [{ url: local[0] }] } }, '/a': {} }, { servers })
    expect(result.servers).toEqual(kept.map(url => ({ url })))
    expect(result.paths).toEqual({ '/b': { servers: kept.map(url => ({ url })), post: {} }, '/a': {} })
    expect(Object.keys(result.paths as object)).toEqual(['/b', '/a'])
    expect(document({}, { servers: [{ url: local[0] }] }).servers).toEqual([{ url: '.' }])
  })
})

describe('the file of a document', () => {
  const codeOf = async (text: string) => {
    const root = scratchFolder()
    writeFileSync(join(root, 'openapi.yaml'), text)
    return readOpenApiFile(root, join(root, 'openapi.yaml')).then(
      value => ({ value }),
      error => isBentoError(error, 'OPTION_INVALID') && error.message,
    )
  }

  it('is JSON or YAML 1.2', async () => {
    expect(await codeOf('\uFEFF{"a": "yes"}')).toEqual({ value: { a: 'yes' } })
    expect(await codeOf('{a: yes}')).toEqual({ value: { a: 'yes' } })
    expect(await codeOf('a: yes\nb: 2024-01-02\nc: 0o17\n')).toEqual({ value: { a: 'yes', b: '2024-01-02', c: 15 } })
  })

  it('is refused where it is broken, a bomb, or not there', async () => {
    expect(await codeOf('a: [')).toMatch(/which is no YAML: /)
    const bomb = Array.from(
      { length: 12 },
      (_, i) =>
        `a${i}: &a${i} [${Array(9)
          .fill(i === 0 ? 'x' : `*a${i - 1}`)
          .join(', ')}]`,
    ).join('\n')
    expect(await codeOf(bomb)).toMatch(/aliases without end/)
    const root = scratchFolder()
    mkdirSync(join(root, 'folder'))
    await expect(readOpenApiFile(root, join(root, 'folder'))).rejects.toThrow(/cannot be read \(EISDIR\)/)
    await expect(readOpenApiFile(root, join(root, 'none'))).rejects.toThrow(/cannot be read \(ENOENT\)/)
  })
})

describe('an export that is loaded', () => {
  async function load(code: string, patience?: number, outDir = scratchFolder()) {
    writeFileSync(join(outDir, 'a b.js'), code)
    const externals = [{ packageName: '@a/b', importer: join(outDir, 'packages/lib/source.ts') }]
    const more = patience === undefined ? {} : { patience }
    return loadExport({ outDir, entry: 'a b.js', externals, home: undefined, envs: {}, ...more })
  }

  it('may be a promise, or a function of one', async () => {
    expect(await load('export const openapi = Promise.resolve({ a: 1, b: undefined })')).toEqual({ value: { a: 1 } })
    expect(await load('export const openapi = async () => ({ a: 1 }); setInterval(() => {}, 1000)')).toEqual({
      value: { a: 1 },
    })
  })

  it('is not had where the service fails, ends, hangs, or gives no value', async () => {
    expect(await load("throw new TypeError('no database')")).toEqual({ failure: 'TypeError: no database' })
    expect(await load('process.exit(3)')).toEqual({ failure: 'loading it ended with 3' })
    expect(await load('await new Promise(() => setInterval(() => {}, 1000))', 500)).toEqual({
      failure: 'loading the service took longer than 0.5 s',
    })
    expect(await load('export const openapi = () => undefined')).toEqual({
      failure: 'it is no value that JSON can hold',
    })
  })

  it('is had of an ES module in a CommonJS project, and of packages that only a workspace member has', async () => {
    const outDir = scratchFolder()
    const lib = join(outDir, 'packages/lib/node_modules/@a/b')
    mkdirSync(lib, { recursive: true })
    writeFileSync(join(lib, 'package.json'), '{"name":"@a/b","exports":{"./sub":"./sub.mjs"}}')
    writeFileSync(join(lib, 'sub.mjs'), 'export default "found"')
    writeFileSync(join(outDir, 'package.json'), '{"type":"commonjs"}')
    const code = "import b from '@a/b/sub'\nexport const openapi = { b, argv: process.argv.length }"
    expect(await load(code, undefined, outDir)).toEqual({ value: { b: 'found', argv: 1 } })
    expect(await load("import 'nowhere'\nexport const openapi = {}", undefined, outDir)).toEqual({
      failure: expect.stringMatching(/^Error \[ERR_MODULE_NOT_FOUND\]: Cannot find package 'nowhere'/),
    })
  })
})
