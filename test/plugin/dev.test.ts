import { execFileSync } from 'node:child_process'
import { readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ViteDevServer } from 'vite'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { ModelStore } from '../../src/store/index.js'
import { saveModel, scratchHome } from '../support/home.js'
import { buildWith, importVite, makeProject, type TestProject } from '../support/project.js'
import { failureOf } from './failure.js'

const repository = fileURLToPath(new URL('../..', import.meta.url))

const files = {
  'src/service.js': `import model from 'virtual:bento/model/iris_clf'
export default { tag: model.tag, path: model.path, info: model.info }
`,
}

interface Loaded {
  default: { tag: string; path: string; info: { labels: Record<string, string> } }
}

describe.each(['vite8', 'vite7'] as const)('%s', bundler => {
  async function serve(project: TestProject, home: string): Promise<ViteDevServer> {
    const { createServer } = await importVite(bundler)
    const { bento } = await import('vite-plugin-bento')
    const server = await createServer({
      root: project.root,
      configFile: false,
      logLevel: 'silent',
      appType: 'custom',
      server: { middlewareMode: true, ws: false },
      optimizeDeps: { noDiscovery: true },
      plugins: [bento({ store: home })],
    })
    onTestFinished(() => server.close())
    return server
  }

  const load = async (server: ViteDevServer) => ((await server.ssrLoadModule('/src/service.js')) as Loaded).default

  /** Payloads that ask the environment to reload. */
  function reloads(server: ViteDevServer, environment: string): string[] {
    const seen: string[] = []
    const { hot } = server.environments[environment] as { hot: { send(payload: { type?: string }): void } }
    const send = hot.send.bind(hot)
    hot.send = payload => {
      if (payload.type === 'full-reload') seen.push(environment)
      send(payload)
    }
    return seen
  }

  test("gives the store's folder", async () => {
    const home = scratchHome()
    await saveModel(new ModelStore(home), 'iris_clf:v1', { labels: { stage: 'dev' } })
    const loaded = await load(await serve(makeProject({ files }), home))
    expect(loaded).toMatchObject({
      tag: 'iris_clf:v1',
      path: join(home, 'models/iris_clf/v1'),
      info: { labels: { stage: 'dev' } },
    })
  })

  test('reloads when latest moves: a new version, and its removal', async () => {
    const home = scratchHome()
    const store = new ModelStore(home)
    await saveModel(store, 'iris_clf:v1')
    const server = await serve(makeProject({ files }), home)
    await load(server)
    const inService = reloads(server, 'ssr')
    const inPages = reloads(server, 'client')

    await saveModel(store, 'iris_clf:v2')
    await vi.waitFor(() => expect([inService.length, inPages.length]).toEqual([1, 1]), { timeout: 10_000 })
    expect((await load(server)).tag).toBe('iris_clf:v2')

    await store.delete('iris_clf:v2')
    await vi.waitFor(() => expect(inService.length).toBe(2), { timeout: 10_000 })
    expect((await load(server)).tag).toBe('iris_clf:v1')
  })

  test('does not reload for versions that are not asked for', async () => {
    const home = scratchHome()
    const store = new ModelStore(home)
    await saveModel(store, 'iris_clf:v1')
    const project = makeProject({
      files: {
        'src/service.js': `import pinned from 'virtual:bento/model/iris_clf:v1'
import newest from 'virtual:bento/model/iris_clf?stage=production'
export default { pinned: pinned.tag, newest: newest.tag }
`,
      },
    })
    await saveModel(store, 'iris_clf:v2', { labels: { stage: 'production' } })
    const server = await serve(project, home)
    expect(await load(server)).toEqual({ pinned: 'iris_clf:v1', newest: 'iris_clf:v2' })
    const seen = reloads(server, 'ssr')
    await saveModel(store, 'iris_clf:v3')
    await saveModel(store, 'iris_clf:v4', { labels: { stage: 'production' } })
    await vi.waitFor(() => expect(seen.length).toBeGreaterThan(0), { timeout: 10_000 })
    expect(await load(server)).toEqual({ pinned: 'iris_clf:v1', newest: 'iris_clf:v4' })
    expect(seen).toHaveLength(1)
  })

  test('loads a model that was missing as soon as it is saved', async () => {
    const home = scratchHome()
    await saveModel(new ModelStore(home), 'other:v1')
    const server = await serve(makeProject({ files }), home)
    await expect(load(server)).rejects.toThrow(/src\/service\.js imports virtual:bento\/model\/iris_clf/)
    await saveModel(new ModelStore(home), 'iris_clf:v1')
    await vi.waitFor(async () => expect((await load(server)).tag).toBe('iris_clf:v1'), { timeout: 10_000 })
  })

  test('refuses models in client code', async () => {
    const home = scratchHome()
    await saveModel(new ModelStore(home), 'iris_clf:v1')
    const project = makeProject({ files: { ...files, 'src/client.js': `import 'virtual:bento/model/iris_clf'` } })
    const server = await serve(project, home)
    const request = server.environments.client.transformRequest('/src/client.js')
    await expect(request).rejects.toThrow(/src\/client\.js is client code and imports virtual:bento\/model\/iris_clf/)
    expect((await load(server)).tag).toBe('iris_clf:v1')
  })

  test('refuses models in the client that is built', async () => {
    const home = scratchHome()
    await saveModel(new ModelStore(home), 'iris_clf:v1')
    const project = makeProject({
      files: {
        ...files,
        'index.html': '<script type="module" src="/src/client.js"></script>',
        'src/client.js': `import model from 'virtual:bento/model/iris_clf'\nconsole.log(model)`,
      },
    })
    const { code, message } = await failureOf(() => buildWith(bundler, project, { home }))
    expect(code).toBe('MODEL_IN_CLIENT')
    expect(message).toContain('src/client.js is client code')
  })
})

describe('under Vitest', () => {
  test('models resolve everywhere, and nothing is built', async () => {
    const home = scratchHome()
    await saveModel(new ModelStore(home), 'iris_clf:v1')
    const project = makeProject({
      files: {
        ...files,
        'vitest.config.js': `import { bento } from 'vite-plugin-bento'
export default { plugins: [bento({ args: { a: 1 } })], test: { maxWorkers: 1 } }
`,
        'test/server.test.js': `import { expect, test } from 'vitest'
import service from '../src/service.js'
import args from 'virtual:bento/args'
test('server', () => expect([service.tag, args]).toEqual(['iris_clf:v1', { a: 1 }]))
`,
        // Written in two pieces, since Vitest would read it as meant for this file.
        'test/client.test.js': `// @vitest-${'environment'} page
import { expect, test } from 'vitest'
import service from '../src/service.js'
test('client', () => expect(service.path).toMatch(/iris_clf/))
`,
      },
      packages: {
        // What jsdom and happy-dom are: an environment whose modules Vite's client environment serves.
        'vitest-environment-page': {
          files: {
            'index.js': `export default { name: 'page', viteEnvironment: 'client', setup: () => ({ teardown() {} }) }`,
          },
        },
      },
    })
    for (const name of ['vite', 'vitest', 'vite-plugin-bento']) link(project, name)
    const vitest = join(repository, 'node_modules/vitest/vitest.mjs')
    const report = project.path('report.json')
    execFileSync(process.execPath, [vitest, 'run', '--reporter=json', `--outputFile=${report}`], {
      cwd: project.root,
      env: { PATH: process.env.PATH, HOME: home, BENTOML_HOME: home },
    })
    expect(JSON.parse(readFileSync(report, 'utf8'))).toMatchObject({ numPassedTests: 2, success: true })
    expect((await new ModelStore(home).list()).length).toBe(1)
  })
})

function link(project: TestProject, name: string): void {
  project.write({ 'node_modules/.keep': '' })
  symlinkSync(
    name === 'vite-plugin-bento' ? repository : join(repository, 'node_modules', name),
    project.path(`node_modules/${name}`),
  )
}
