import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BentoOptions, BuildReport } from 'vite-plugin-bento'
import { describe, expect, it } from 'vitest'
import { parseYaml } from '../../src/core/yaml.js'
import { ModelStore } from '../../src/store/model-store.js'
import { saveModel, scratchFolder, scratchHome } from '../support/home.js'
import { BUNDLERS, buildWith, makeProject, type ProjectPlan } from '../support/project.js'
import { failureOf } from './failure.js'

const DOCUMENT = {
  openapi: '3.1.0',
  info: { title: 'Iris', version: '1.0.0' },
  servers: [{ url: 'http://localhost:5173' }],
  paths: {
    '/classify': {
      post: {
        operationId: 'classify',
        summary: 'Names a flower.',
        requestBody: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Flower' } } } },
        responses: {
          200: { description: 'its name', content: { 'application/json': { schema: { type: 'object' } } } },
        },
      },
    },
  },
  components: {
    schemas: { Flower: { type: 'object', properties: { sepal: { type: 'number' } }, required: ['sepal'] } },
  },
}
const HANDLER = "export default { fetch: () => new Response('hello') }\n"
const INPUT = { title: 'Input', type: 'object', properties: { sepal: { type: 'number' } }, required: ['sepal'] }

/** A file of a bento; undefined where it has none of that name. */
function fileOf(report: BuildReport | undefined, name: string): string | undefined {
  const path = join(report?.path ?? '', name)
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined
}

const inputsIn = (text: string | undefined) =>
  JSON.parse(text ?? '{"routes":[]}').routes.map((route: { input: unknown }) => route.input)

describe.each(BUNDLERS)('a service that describes itself, built with %s', bundler => {
  async function build(plan: ProjectPlan, options: BentoOptions = {}, home = scratchHome()) {
    const project = makeProject(plan)
    const named = options.openapi === undefined ? {} : { openapi: project.path(options.openapi) }
    return buildWith(bundler, project, {
      home,
      options: { service: 'src/service.js', name: 'iris', ...options, ...named },
    })
  }

  it('has the document of a file, whole and of no machine, and the schema made of it', async () => {
    const { report } = await build(
      { files: { 'src/service.js': HANDLER, 'openapi.json': JSON.stringify(DOCUMENT) } },
      { openapi: 'openapi.json' },
    )
    const served = JSON.parse(fileOf(report, 'apis/openapi.json') ?? '')
    expect(served).toEqual({ ...DOCUMENT, servers: [{ url: '.' }] })
    expect(parseYaml(fileOf(report, 'apis/openapi.yaml') ?? '', 'openapi.yaml')).toEqual(served)
    const schema = JSON.parse(fileOf(report, 'apis/schema.json') ?? '')
    expect(schema).toEqual({
      name: 'iris',
      type: 'service',
      routes: [
        {
          name: 'classify',
          route: '/classify',
          doc: 'Names a flower.',
          batchable: false,
          input: INPUT,
          output: { type: 'object' },
          is_task: false,
        },
      ],
      paths: { '/classify': { mounted: false } },
    })
    expect(parseYaml(fileOf(report, 'bento.yaml') ?? '', 'bento.yaml')).toMatchObject({ schema })
  })

  it('has the document that the entry exports, read without running anything where it is written out', async () => {
    const { report } = await build({
      files: {
        'src/service.js': `
          import { schemas } from './schemas.js'
          export const openapi = { ...${JSON.stringify(DOCUMENT)}, components: { schemas } }
          if (globalThis.process) throw new Error('the service was run')
          export default { fetch: () => Response.json(openapi) }`,
        'src/schemas.js': `export const schemas = ${JSON.stringify(DOCUMENT.components.schemas)}\n`,
      },
    })
    expect(report?.warnings).toEqual([])
    expect(inputsIn(fileOf(report, 'apis/schema.json'))).toEqual([INPUT])
  })

  it('has the document that the entry makes, loaded once with its models and without listening', async () => {
    const home = scratchHome()
    await saveModel(new ModelStore(home), 'flowers:v1', { files: { 'properties.json': '{"sepal":{"type":"number"}}' } })
    const { report } = await build(
      {
        files: {
          'src/service.js': `
            import { readFileSync } from 'node:fs'
            import { createServer } from 'node:http'
            import { once } from 'node:events'
            import model from 'virtual:bento/model/flowers'
            import fake from 'fake'
            const server = createServer().listen(1)
            await once(server, 'listening')
            const properties = JSON.parse(readFileSync(model.path + '/properties.json', 'utf8'))
            export async function openapi() {
              const document = ${JSON.stringify(DOCUMENT)}
              document.components.schemas.Flower.properties = properties
              document.info.title = fake + process.env.GREETING
              return document
            }
            export default () => new Response('hello')`,
        },
        packages: { fake: {} },
      },
      { natives: ['fake'], envs: { GREETING: ' hello' } },
      home,
    )
    expect(report?.warnings).toEqual([])
    expect(inputsIn(fileOf(report, 'apis/schema.json'))).toEqual([INPUT])
    expect(JSON.parse(fileOf(report, 'apis/openapi.json') ?? '').info.title).toBe('fake hello')
  })

  it('is built without apis/ where its export cannot be had, and says why', async () => {
    const { report } = await build({
      files: {
        'src/service.js': `${HANDLER}export const openapi = (() => { throw new Error('the database is away') })()`,
      },
    })
    expect(report?.warnings).toEqual([
      expect.stringMatching(
        /^The service exports "openapi", but the bento has no apis\/: Error: the database is away\. Export /,
      ),
    ])
    expect(fileOf(report, 'apis/schema.json')).toBeUndefined()
  })

  it('fails for a file that is no OpenAPI document, naming all that is wrong', async () => {
    const { code, message } = await failureOf(() =>
      build(
        {
          files: { 'src/service.js': HANDLER, 'api.yaml': 'swagger: "2.0"\ninfo: {title: A}\npaths: {classify: {}}\n' },
        },
        { openapi: 'api.yaml' },
      ),
    )
    expect(code).toBe('OPTION_INVALID')
    expect(message).toMatch(/openapi is "2\.0".*info\.version is .*paths\["classify"\] does not begin/s)
  })
})

it('a link that leads out of the project is refused as the openapi file', async () => {
  const outside = join(scratchFolder(), 'openapi.json')
  writeFileSync(outside, JSON.stringify(DOCUMENT))
  const project = makeProject({ files: { 'src/service.js': HANDLER } })
  symlinkSync(outside, project.path('openapi.json'))
  const options = { service: 'src/service.js', openapi: 'openapi.json' }
  const { code, message } = await failureOf(() => buildWith('vite8', project, { home: scratchHome(), options }))
  expect([code, message]).toEqual(['OPTION_INVALID', expect.stringContaining('lies outside the project')])
})

it('what the document says counts for the version', async () => {
  const home = scratchHome()
  const versions = new Set<string | undefined>()
  for (const title of ['One', 'Two', 'One']) {
    const project = makeProject({
      files: {
        'src/service.js': HANDLER,
        'openapi.json': JSON.stringify({ ...DOCUMENT, info: { title, version: '1' } }),
      },
    })
    const options = { service: 'src/service.js', name: 'iris', openapi: 'openapi.json' }
    versions.add((await buildWith('vite8', project, { home, options })).report?.version)
  }
  expect(versions.size).toBe(2)
})
