import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RolldownWatcher } from 'rolldown'
import type { RollupWatcher } from 'rollup'
import type { BentoPluginApi } from 'vite-plugin-bento'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { BentoStore } from '../../src/store/index.js'
import { scratchHome } from '../support/home.js'
import { askMoved } from '../support/moved.js'
import { BUNDLERS, type Bundler, importVite, makeProject, type TestProject } from '../support/project.js'

const source = (text: string) => ({
  'src/service.js': `export default { fetch: () => new Response(${JSON.stringify(text)}) }`,
})

interface Watched {
  api: BentoPluginApi
  /** Errors and warnings of rebuilds, as the bundler tells them, and how many builds ended well. */
  errors: string[]
  built: () => number
}

async function watch(
  bundler: Bundler,
  project: TestProject,
  home: string,
  more: { watch: boolean; version?: string },
): Promise<Watched> {
  const options = { store: home, service: project.path('src/service.js'), ...more }
  const errors: string[] = []
  let built = 0
  const count = { name: 'count', writeBundle: () => void built++ }
  const note = (error: { message: string }) => void errors.push(error.message)
  if (bundler === 'vite8' || bundler === 'vite7') {
    const vite = await importVite(bundler)
    const { bento } = await import('vite-plugin-bento')
    const plugin = bento(options)
    const say = (message: string) => note({ message })
    const logger = { ...vite.createLogger('silent'), error: say, warn: say }
    const watchers: { close(): unknown }[] = []
    const builder = await vite.createBuilder(
      { root: project.root, configFile: false, customLogger: logger, plugins: [plugin, count], build: { watch: {} } },
      null,
    )
    const build = builder.build.bind(builder)
    builder.build = async environment => {
      const watcher = await build(environment)
      watchers.push(watcher as unknown as { close(): unknown })
      return watcher
    }
    await builder.buildApp()
    onTestFinished(async () => void (await Promise.all(watchers.map(watcher => watcher.close()))))
    return { api: plugin.api, errors, built: () => built }
  }
  const { bento } =
    bundler === 'rollup' ? await import('vite-plugin-bento/rollup') : await import('vite-plugin-bento/rolldown')
  const plugin = bento(options)
  const start = bundler === 'rollup' ? (await import('rollup')).watch : (await import('rolldown')).watch
  const watcher = start({
    input: project.path('src/service.js'),
    output: { dir: project.path('dist') },
    plugins: [plugin, count],
    onLog: (level: string, log: { message: string }) => void (level === 'warn' && note(log)),
  } as never) as unknown as RollupWatcher & RolldownWatcher
  const closing: Promise<void>[] = []
  watcher.on('event', event => {
    if (event.code === 'ERROR') note(event.error)
    if (event.code === 'BUNDLE_END') closing.push(event.result.close())
  })
  // A rebuild may be under way: it ends before its folders go.
  onTestFinished(async () => {
    await watcher.close()
    await Promise.all(closing)
  })
  return { api: plugin.api, errors, built: () => built }
}

describe.each(BUNDLERS)('%s', bundler => {
  test('--watch bundles, and publishes nothing unless asked to', async () => {
    const home = scratchHome()
    const project = makeProject({ files: source('one') })
    const watched = await watch(bundler, project, home, { watch: false })
    await vi.waitFor(() => expect(watched.built()).toBeGreaterThan(0), { timeout: 20_000 })
    const saveAndLook = () => {
      project.write(source('two'))
      expect(watched.built()).toBeGreaterThan(1)
    }
    await vi.waitFor(saveAndLook, { timeout: 20_000, interval: 500 })
    expect(watched.api.report).toBeUndefined()
    expect(existsSync(home)).toBe(false)
  })

  test('with watch: true each good rebuild is a bento, and a failed one is none', async () => {
    const home = scratchHome()
    const project = makeProject({ files: source('one') })
    const watched = await watch(bundler, project, home, { watch: true })
    await vi.waitFor(() => expect(watched.api.report).toBeDefined(), { timeout: 20_000 })
    const first = watched.api.report

    const breakAndLook = () => {
      project.write({ 'src/service.js': 'export default (' })
      expect(watched.errors.length).toBeGreaterThan(0)
    }
    await vi.waitFor(breakAndLook, { timeout: 20_000, interval: 500 })
    expect(watched.api.report).toBe(first)

    // Saved again until it is noticed: chokidar drops a change that comes within 50 ms of another.
    const saveAndLook = () => {
      project.write(source('three'))
      expect(watched.api.report?.tag).not.toBe(first?.tag)
    }
    await vi.waitFor(saveAndLook, { timeout: 20_000, interval: 500 })
    expect(watched.api.report?.mode).toBe('handler')
    expect((await new BentoStore(home).list()).map(({ tag }) => String(tag))).toEqual([
      watched.api.report?.tag,
      first?.tag,
    ])
  })

  test('does not load the service for what it exports as openapi, and says so', async () => {
    const code = "throw new Error('it was run')\nexport const openapi = () => ({})\nexport default () => new Response()"
    const project = makeProject({ files: { 'src/service.js': code } })
    const watched = await watch(bundler, project, scratchHome(), { watch: true })
    await vi.waitFor(() => expect(watched.api.report).toBeDefined(), { timeout: 20_000 })
    expect(watched.api.report?.warnings).toEqual([])
    expect(watched.errors.join('\n')).toContain('a bento of --watch is without it')
  })

  test('keeps the files that an unchanged module names', async () => {
    const home = scratchHome()
    const service = (text: string) =>
      `import { url } from './files.js'\nexport default { fetch: () => new Response(${JSON.stringify(text)} + url) }`
    const project = makeProject({
      files: {
        'src/service.js': service('one'),
        'src/files.js': "export const url = String(new URL('./x.bin', import.meta.url))",
        'src/x.bin': 'x',
      },
    })
    const watched = await watch(bundler, project, home, { watch: true })
    await vi.waitFor(() => expect(watched.api.report).toBeDefined(), { timeout: 20_000 })
    const first = watched.api.report
    const saveAndLook = () => {
      project.write({ 'src/service.js': service('two') })
      expect(watched.api.report?.tag).not.toBe(first?.tag)
    }
    await vi.waitFor(saveAndLook, { timeout: 20_000, interval: 500 })
    const answer = askMoved(project, watched.api.report, 'text')
    expect(answer).toMatch(/^twofile:.*\/assets\/x-[\w-]+\.bin$/)
    const name = /assets\/.*$/.exec(String(answer))?.[0] ?? ''
    expect(readFileSync(join(watched.api.report?.path ?? '', 'src', name), 'utf8')).toBe('x')
  })

  test('says why a rebuild could not be published', async () => {
    const project = makeProject({ files: source('one') })
    const watched = await watch(bundler, project, scratchHome(), { watch: true, version: 'v1' })
    await vi.waitFor(() => expect(watched.api.report).toBeDefined(), { timeout: 20_000 })
    const saveAndLook = () => {
      project.write(source('two'))
      expect(watched.errors.join('\n')).toContain('[TAG_EXISTS]')
    }
    await vi.waitFor(saveAndLook, { timeout: 20_000, interval: 500 })
  })
})

describe.each(['vite8', 'vite7'] as const)('%s with a client', bundler => {
  test('a rebuild of the service takes the client along as it then is', async () => {
    const page = (title: string) => ({ 'index.html': `<title>${title}</title>` })
    const project = makeProject({ files: { ...source('one'), ...page('one') } })
    const watched = await watch(bundler, project, scratchHome(), { watch: true })
    const shown = () => readFileSync(join(watched.api.report?.path ?? '', 'src/client/index.html'), 'utf8')
    await vi.waitFor(() => expect(shown()).toContain('<title>one</title>'), { timeout: 20_000 })
    const saveAndLook = () => {
      project.write({ ...source('two'), ...page('two') })
      expect(shown()).toContain('<title>two</title>')
    }
    await vi.waitFor(saveAndLook, { timeout: 20_000, interval: 500 })
  })
})
