import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BuildReport } from 'vite-plugin-bento'
import { describe, expect, test } from 'vitest'
import { scratchHome } from '../support/home.js'
import { type BuildPlan, buildWith, makeProject, type ProjectPlan, type TestProject } from '../support/project.js'

const SERVICE = 'export default { fetch: () => new Response("hi") }'
const CLIENT = {
  'index.html': '<script type="module" src="/src/client.js"></script>',
  'src/client.js': 'console.log("client")',
}

type Path = TestProject['path']

/** Facts §7.1: each trap of giving the service an environment of its own. */
describe.each(['vite8', 'vite7'] as const)('%s', bundler => {
  type Config = NonNullable<BuildPlan['vite']>

  async function build(
    plan: ProjectPlan,
    vite: Config | ((project: TestProject) => Config) = {},
    more: Partial<BuildPlan> = {},
  ) {
    const project = makeProject({ ...plan, files: { 'src/service.js': SERVICE, ...plan.files } })
    const config = typeof vite === 'function' ? vite(project) : vite
    const { report } = await buildWith(bundler, project, { home: scratchHome(), vite: config, ...more })
    if (report === undefined) throw new Error('Nothing was packaged.')
    return { project, report, source: sourceOf(report) }
  }

  test('builds the service alone where there is no client', async () => {
    const { project, source } = await build({ files: {} })
    expect(readdirSync(project.path('dist'))).toEqual(['server'])
    expect(readdirSync(project.path('dist/server'))).toEqual(['service.js'])
    expect(source).toEqual(expect.arrayContaining(['service.js', 'server.js', 'bento-runtime.js']))
  })

  test('reads the config once for a service alone, and shows plugins the build of the service', async () => {
    const seen: unknown[] = []
    const look = {
      name: 'look',
      configResolved: ({ build }: { build: { outDir: string; ssr: unknown } }) =>
        void seen.push([build.outDir, build.ssr]),
    }
    await build({ files: {} }, {}, { before: [look] })
    expect(seen).toEqual([['dist/server', true]])
    // With a client Vite reads it for each environment, and once before.
    seen.length = 0
    await build({ files: CLIENT }, {}, { before: [look] })
    expect(seen).toHaveLength(3)
    expect(seen.at(-1)).toEqual(['dist/server', true])
  })

  test('builds the client beside it where there is one', async () => {
    const { project, source } = await build({ files: CLIENT })
    expect(readdirSync(project.path('dist')).sort()).toEqual(['client', 'server'])
    expect(readdirSync(project.path('dist/client')).sort()).toEqual(['assets', 'index.html'])
    expect(source).not.toContain('index.html')
  })

  test('a client may have an entry of its own instead of an index.html', async () => {
    const { project } = await build(
      { files: { 'src/client.js': 'console.log("client")' } },
      // Vite 7 resolves it against the working directory, so it is absolute.
      ({ path }) => ({ build: { rollupOptions: { input: path('src/client.js') } } }),
    )
    expect(readdirSync(project.path('dist')).sort()).toEqual(['client', 'server'])
  })

  test('follows outDir, and leaves folders that the user chose', async () => {
    const { project } = await build(
      { files: CLIENT },
      {
        build: { outDir: 'out' },
        environments: { client: { build: { outDir: 'public-out' } }, bento: { build: { outDir: 'service-out' } } },
      },
    )
    expect(existsSync(project.path('public-out/index.html'))).toBe(true)
    expect(existsSync(project.path('service-out/service.js'))).toBe(true)
    expect(existsSync(project.path('out'))).toBe(false)
  })

  test.each([
    ['an array', (path: Path) => [path('src/client.js'), path('index.html')]],
    ['an object', (path: Path) => ({ page: path('index.html'), other: path('src/client.js') })],
    ['a path', (path: Path) => path('index.html')],
  ])('top-level inputs do not leak into it: %s', async (_kind, input) => {
    const { source, project } = await build({ files: CLIENT }, ({ path }) => ({
      build: { rollupOptions: { input: input(path) } },
    }))
    const service = source.filter(name => !/^client(?:\/|$)/.test(name))
    expect(service.filter(name => /client|page|html/.test(name))).toEqual([])
    expect(existsSync(project.path('dist/client'))).toBe(true)
  })

  test('top-level outputs do not leak into it', async () => {
    const output = [
      { dir: 'dist/one', entryFileNames: 'one.js' },
      { dir: 'dist/two', entryFileNames: 'two.js' },
    ]
    const { project, source } = await build({ files: CLIENT }, { build: { rollupOptions: { output } } })
    expect(source).toContain('service.js')
    expect(readdirSync(project.path('dist/server'))).toEqual(['service.js'])
  })

  test("the service's own output options count", async () => {
    const { project } = await build(
      { files: {} },
      { environments: { bento: { build: { rollupOptions: { output: { entryFileNames: 'main.mjs' } } } } } },
    )
    expect(readdirSync(project.path('dist/server'))).toEqual(['main.mjs'])
  })

  test('a library beside it stays one', async () => {
    const { project } = await build(
      { files: { 'src/lib.js': 'export const a = 1' } },
      { build: { lib: { entry: 'src/lib.js', formats: ['es'], fileName: 'lib' } } },
    )
    expect(readdirSync(project.path('dist/client'))).toEqual(['lib.js'])
    expect(readdirSync(project.path('dist/server'))).toEqual(['service.js'])
  })

  test('settings for the client do not reach it: minify, target, publicDir, manifest', async () => {
    const { project } = await build(
      {
        files: {
          ...CLIENT,
          'public/robots.txt': 'hi',
          'src/service.js':
            'const long_name = { fetch: () => new Response(String(globalThis?.x ?? 1)) }\nexport default long_name',
        },
      },
      { build: { minify: true, target: 'es2015', manifest: true } },
    )
    expect(readdirSync(project.path('dist/server'))).toEqual(['service.js'])
    const code = readFileSync(project.path('dist/server/service.js'), 'utf8')
    expect(code).toContain('globalThis?.x ?? 1')
    expect(code.split('\n').length).toBeGreaterThan(2)
    expect(existsSync(project.path('dist/client/robots.txt'))).toBe(true)
    expect(existsSync(project.path('dist/client/.vite/manifest.json'))).toBe(true)
  })

  test("what the user set for the environment stays, and the target follows the project's engines", async () => {
    const code = { 'src/service.js': 'export default { fetch: () => new Response("a" ?? "b") }' }
    const { project } = await build(
      { files: code, manifest: { engines: { node: '>=24' } } },
      { environments: { bento: { build: { minify: true } } } },
    )
    expect(readFileSync(project.path('dist/server/service.js'), 'utf8').trim().split('\n')).toHaveLength(1)
  })

  test('ssr.noExternal reaches it', async () => {
    const packages = { plain: { files: { 'index.js': 'export default "inlined"' } } }
    const files = { 'src/service.js': 'import plain from "plain"; export default { fetch: () => new Response(plain) }' }
    const outside = await build({ files, packages })
    expect(outside.report.packages.direct).toEqual({ plain: '1.0.0' })
    const inside = await build({ files, packages }, { ssr: { noExternal: ['plain'] } })
    expect(inside.report.packages.direct).toEqual({})
    const top = await build({ files, packages }, { resolve: { noExternal: ['plain'] } })
    expect(top.report.packages.direct).toEqual({})
  })

  test("the user's own resolve.conditions reach it, those of a browser do not", async () => {
    const conditional = {
      files: { 'browser.js': 'export default "browser"', 'source.js': 'export default "source"' },
      manifest: { exports: { browser: './browser.js', '@acme/source': './source.js', default: './index.js' } },
    }
    const { project } = await build(
      {
        files: { 'src/service.js': 'import c from "conditional"; export default { fetch: () => new Response(c) }' },
        packages: { conditional },
      },
      { resolve: { conditions: ['browser', '@acme/source'], noExternal: ['conditional'] } },
    )
    expect(readFileSync(project.path('dist/server/service.js'), 'utf8')).toContain('"source"')
  })

  test('the default service is src/service with any extension', async () => {
    const project = makeProject({
      files: { 'src/service.mts': 'export default { fetch: (): Response => new Response("hi") }' },
    })
    const { report } = await buildWith(bundler, project, {
      home: scratchHome(),
      options: { service: undefined } as object,
    })
    expect(report?.mode).toBe('handler')
  })

  test('a root below the project and a relative service are understood', async () => {
    const project = makeProject({ files: { 'app/service.js': SERVICE } })
    const { report } = await buildWith(bundler, project, {
      home: scratchHome(),
      vite: { root: project.path('app') },
      options: { service: 'service.js' },
    })
    expect(report?.name).toBe('test-project')
  })

  describe("the user's own build for ssr", () => {
    test.each([
      ['build.ssr', () => ({ build: { ssr: 'src/service.js' } })],
      [
        'build.ssr with an input',
        ({ path }: TestProject) => ({ build: { ssr: true, rollupOptions: { input: path('src/service.js') } } }),
      ],
    ])('%s is packaged as it is', async (_name, vite) => {
      const { project, source } = await build({ files: { ...CLIENT, 'public/data.txt': 'hi' } }, vite, {
        options: { service: undefined } as object,
      })
      expect(existsSync(project.path('dist/index.html'))).toBe(false)
      expect(existsSync(project.path('dist/service.js'))).toBe(true)
      expect(source).toEqual(expect.arrayContaining(['service.js', 'server.js', 'data.txt']))
    })

    test('files of earlier builds are not packaged', async () => {
      const { source } = await build({ files: { 'dist/stale.js': 'old' } }, { build: { ssr: 'src/service.js' } })
      expect(source).not.toContain('stale.js')
    })

    test('of several entries the option names the service', async () => {
      const { report } = await build({ files: { 'src/tool.js': 'console.log(1)' } }, ({ path }) => {
        const input = { tool: path('src/tool.js'), service: path('src/service.js') }
        return { build: { ssr: true, rollupOptions: { input } } }
      })
      expect(report.mode).toBe('handler')
    })
  })

  test('files that other plugins copy into the output folder go along', async () => {
    const copy = {
      name: 'copy',
      applyToEnvironment: ({ name }: { name: string }) => name === 'bento',
      generateBundle(this: { emitFile(file: object): void }) {
        this.emitFile({ type: 'asset', fileName: 'emitted.txt', source: 'hi' })
      },
      async writeBundle({ dir }: { dir: string }) {
        const { writeFile } = await import('node:fs/promises')
        await writeFile(join(dir, 'copied.txt'), 'hi')
      },
    }
    const { source } = await build({ files: {} }, {}, { before: [copy] })
    expect(source).toEqual(expect.arrayContaining(['emitted.txt', 'copied.txt']))
  })
})

function sourceOf(report: BuildReport): string[] {
  return readdirSync(join(report.path, 'src'), { recursive: true }) as string[]
}
