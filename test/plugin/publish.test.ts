import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { BentoStore } from '../../src/store/index.js'
import { scratchFolder, scratchHome } from '../support/home.js'
import { BUNDLERS, buildWith, importVite, makeProject } from '../support/project.js'
import { failureOf } from './failure.js'

const files = { 'src/service.js': 'export default { fetch: () => new Response("hi") }' }

async function bentosIn(home: string): Promise<string[]> {
  return (await new BentoStore(home).list()).map(({ tag }) => String(tag))
}

/** Nothing visible, and nothing left of the attempt. */
async function expectNothing(home: string): Promise<void> {
  expect(await bentosIn(home)).toEqual([])
  const tmp = join(home, 'tmp')
  expect(existsSync(tmp) ? readdirSync(tmp) : []).toEqual([])
}

// A workflow of ours must not have its outputs written by these tests.
beforeEach(() => void vi.stubEnv('GITHUB_OUTPUT', ''))
afterEach(() => void vi.unstubAllEnvs())

describe.each(BUNDLERS)('%s', bundler => {
  test('publishes once, and the same again is unchanged', async () => {
    const home = scratchHome()
    const project = makeProject({ files })
    const first = await buildWith(bundler, project, { home })
    const second = await buildWith(bundler, project, { home })
    expect(first.report).toMatchObject({ published: true, name: 'test-project', mode: 'handler' })
    expect(second.report).toMatchObject({ published: false, tag: first.report?.tag })
    expect(await bentosIn(home)).toEqual([first.report?.tag])
    const summaries = (log: string[]) => log.filter(line => line.includes(String(first.report?.tag)))
    expect(summaries(first.log)).toHaveLength(1)
    expect(summaries(second.log)[0]).toContain('unchanged')
  })

  test('writes the report, and the outputs of a workflow step', async () => {
    const output = join(scratchFolder(), 'output')
    vi.stubEnv('GITHUB_OUTPUT', output)
    const project = makeProject({ files })
    const report = bundler.startsWith('vite') ? 'out/bento.json' : project.path('out/bento.json')
    const done = await buildWith(bundler, project, { home: scratchHome(), options: { report } })
    expect(JSON.parse(readFileSync(project.path('out/bento.json'), 'utf8'))).toEqual(done.report)
    expect(readFileSync(output, 'utf8')).toContain(`tag=${done.report?.tag}\n`)
  })

  test.each([
    ['a module does not parse', { transform: () => ({ code: '(', map: null }) }],
    ['renderChunk', { renderChunk: fail }],
    ['generateBundle', { generateBundle: fail }],
    ['writeBundle', { writeBundle: { order: 'post', sequential: true, handler: fail } }],
    ['closeBundle', { closeBundle: { order: 'post', sequential: true, handler: fail } }],
  ])('publishes nothing after an error: %s', async (_where, hooks) => {
    const home = scratchHome()
    const failing = { name: 'failing', enforce: 'post', ...hooks }
    const { message } = await failureOf(() => buildWith(bundler, makeProject({ files }), { home, after: [failing] }))
    expect(message).toMatch(/on purpose|parse|expect|unexpected/i)
    await expectNothing(home)
  })

  test('publishes nothing when the service is missing', async () => {
    const home = scratchHome()
    const build = () => buildWith(bundler, makeProject({ files }), { home, options: { service: 'src/servise.js' } })
    const { code, message } = await failureOf(build)
    expect(code).toBe('SERVICE_NOT_FOUND')
    expect(message).toContain('src/servise.js does not exist')
    await expectNothing(home)
  })

  test('refuses a second output of the service', async () => {
    const home = scratchHome()
    const project = makeProject({ files })
    const outputs = [{ entryFileNames: 'a.js' }, { entryFileNames: 'b.js' }]
    const { code, message } = await failureOf(() =>
      buildWith(bundler, project, {
        home,
        output: outputs.map(output => ({ ...output, dir: project.path('dist') })),
        vite: { build: { ssr: 'src/service.js', rollupOptions: { output: outputs } } },
      }),
    )
    expect(code).toBe('OUTPUT_CONFLICT')
    expect(message).toContain('more than once')
    await expectNothing(home)
  })

  test('fails with the code of a home that is a file', async () => {
    const project = makeProject({ files: { ...files, home: 'a file' } })
    const { code } = await failureOf(() => buildWith(bundler, project, { home: project.path('home') }))
    expect(code).toBe('HOME_INVALID')
  })

  test('says which option is unknown, once', async () => {
    const { log } = await buildWith(bundler, makeProject({ files }), {
      home: scratchHome(),
      options: { lables: {} } as object,
    })
    expect(log.filter(line => line.includes('"lables" is no option'))).toHaveLength(1)
  })
})

async function pluginOf(bundler: 'rollup' | 'rolldown') {
  return bundler === 'rollup'
    ? (await import('vite-plugin-bento/rollup')).bento
    : (await import('vite-plugin-bento/rolldown')).bento
}

function fail(): never {
  throw new Error('on purpose')
}

describe.each(['rollup', 'rolldown'] as const)('%s', bundler => {
  test('two outputs begun at once are refused as well', async () => {
    const home = scratchHome()
    const project = makeProject({ files })
    const bento = await pluginOf(bundler)
    const create = bundler === 'rollup' ? (await import('rollup')).rollup : (await import('rolldown')).rolldown
    const bundle = await create({
      input: project.path('src/service.js'),
      plugins: [bento({ store: home, service: project.path('src/service.js') })],
    } as never)
    const write = (name: string) => bundle.write({ dir: project.path('dist'), entryFileNames: name })
    const outcomes = await Promise.allSettled([write('a.js'), write('b.js')])
    await bundle.close().catch(() => {})
    expect(outcomes.some(({ status }) => status === 'rejected')).toBe(true)
    await expectNothing(home)
  })

  test('generate() alone packages nothing, and does not disturb a later write()', async () => {
    const home = scratchHome()
    const project = makeProject({ files })
    const bento = await pluginOf(bundler)
    const create = bundler === 'rollup' ? (await import('rollup')).rollup : (await import('rolldown')).rolldown
    const start = () =>
      create({ input: project.path('src/service.js'), logLevel: 'silent', plugins: [plugin] } as never)
    const plugin = bento({ store: home })
    const generated = await start()
    await generated.generate({ format: 'es' })
    await generated.close()
    expect(plugin.api.report).toBeUndefined()
    const written = await start()
    await written.generate({ format: 'es' })
    await written.write({ dir: project.path('dist') })
    await written.close()
    expect(plugin.api.report?.published).toBe(true)
  })

  test('builds the service that the option names where the config has no input', async () => {
    const project = makeProject({ files })
    const { report } = await buildWith(bundler, project, {
      home: scratchHome(),
      options: { service: 'src/service.js' },
      input: { input: undefined } as object,
    })
    expect(report?.mode).toBe('handler')
  })

  test('asks which of several entries is the service, and takes the one that is named', async () => {
    const project = makeProject({ files: { ...files, 'src/tool.js': 'console.log(1)' } })
    const input = { input: [project.path('src/tool.js'), project.path('src/service.js')] }
    const home = scratchHome()
    const { code, message } = await failureOf(() => buildWith(bundler, project, { home, input }))
    expect(code).toBe('SERVICE_NOT_FOUND')
    expect(message).toContain('2 entries')
    const { report } = await buildWith(bundler, project, { home, input, options: { service: 'src/service.js' } })
    expect(report?.mode).toBe('handler')
  })

  test('says so when the service is no entry of the build', async () => {
    const project = makeProject({ files: { ...files, 'src/tool.js': 'console.log(1)' } })
    const { code, message } = await failureOf(() =>
      buildWith(bundler, project, {
        home: scratchHome(),
        input: { input: project.path('src/tool.js') },
        options: { service: 'src/service.js' },
      }),
    )
    expect(code).toBe('SERVICE_NOT_FOUND')
    expect(message).toContain('src/tool.js')
  })
})

describe.each(['vite8', 'vite7'] as const)('%s', bundler => {
  test('publishes nothing when a later environment fails', async () => {
    const home = scratchHome()
    const project = makeProject({ files: { ...files, 'src/other.js': 'import "./missing.js"' } })
    const { message } = await failureOf(() =>
      buildWith(bundler, project, {
        home,
        vite: {
          builder: {
            async buildApp(builder) {
              await builder.build(builder.environments.bento as never)
              await builder.build(builder.environments.other as never)
            },
          },
          environments: { other: { consumer: 'server', build: { ssr: 'src/other.js', outDir: 'dist/other' } } },
        },
      }),
    )
    expect(message).toContain('missing.js')
    await expectNothing(home)
  })

  test('build() of the API packages an ssr build, and says that it makes no bento of a client', async () => {
    const vite = await importVite(bundler)
    const { bento } = await import('vite-plugin-bento')
    const home = scratchHome()
    const project = makeProject({ files: { ...files, 'index.html': '<p>hi</p>' } })
    const log: string[] = []
    const note = (message: string) => void log.push(message)
    const logger = { ...vite.createLogger('silent'), info: note, warn: note, warnOnce: note }
    const config = { root: project.root, configFile: false as const, customLogger: logger }
    const client = bento({ store: home })
    await vite.build({ ...config, plugins: [client] })
    expect(client.api.report).toBeUndefined()
    expect(log.join('\n')).toContain('No bento was made')
    const ssr = bento({ store: home })
    await vite.build({ ...config, plugins: [ssr], build: { ssr: 'src/service.js' } })
    expect(ssr.api.report?.published).toBe(true)
    expect(log.filter(line => line.includes(String(ssr.api.report?.tag)))).toHaveLength(1)
  })

  test('files that were not written make no bento', async () => {
    const home = scratchHome()
    const { report, log } = await buildWith(bundler, makeProject({ files }), {
      home,
      vite: { build: { write: false } },
    })
    expect(report).toBeUndefined()
    expect(log.join('\n')).toContain('build.write is false')
  })
})
