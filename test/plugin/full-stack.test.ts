import { existsSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import type { BuildReport } from 'vite-plugin-bento'
import { describe, expect, test } from 'vitest'
import { run } from '../runtime/service-process.js'
import { scratchHome } from '../support/home.js'
import { type BuildPlan, buildWith, makeProject, type TestProject } from '../support/project.js'
import { failureOf } from './failure.js'

const PAGE = { accept: 'text/html' }

const files = {
  'index.html': '<title>app</title><script type="module" src="/src/main.js"></script>',
  'src/main.js': "import './style.css'\nimport('./lazy.js').then(({ name }) => { document.title = name })\n",
  'src/lazy.js': "export const name = 'lazy'\n",
  'src/style.css': 'body { color: rgb(1, 2, 3) }\n',
  'src/service.js': `export default request => {
  const { pathname } = new URL(request.url)
  return pathname.startsWith('/api/') ? new Response('api') : new Response('service has none', { status: 404 })
}
`,
  'public/robots.txt': 'User-agent: *\n',
  'public/assets/report-20240101.txt': 'dated\n',
}

/** What a bento carries of its client. */
function clientIn(report: BuildReport | undefined): string[] {
  const folder = join(report?.path ?? '', 'src/client')
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => relative(folder, join(entry.parentPath, entry.name)).replaceAll(sep, '/'))
    .sort()
}

function launcherIn(report: BuildReport | undefined): string {
  return readFileSync(join(report?.path ?? '', 'src/server.js'), 'utf8')
}

const start = (report: BuildReport | undefined) => run(join(report?.path ?? '', 'src')).listening()

describe.each(['vite8', 'vite7'] as const)('%s', bundler => {
  const build = (project: TestProject, plan: Partial<BuildPlan> = {}) =>
    buildWith(bundler, project, { home: scratchHome(), ...plan })

  test('one build makes client and service; the bento serves both', async () => {
    const project = makeProject({ files })
    const { report } = await build(project)
    expect(existsSync(project.path('dist/client/index.html'))).toBe(true)
    expect(existsSync(project.path('dist/server/service.js'))).toBe(true)
    const client = clientIn(report)
    expect(client).toEqual(expect.arrayContaining(['index.html', 'robots.txt', 'assets/report-20240101.txt']))
    expect(client.filter(file => file.startsWith('assets/') && /\.(?:js|css)$/.test(file))).toHaveLength(3)

    const url = await start(report)
    const get = async (path: string, headers = {}) => {
      const response = await fetch(url + path, { headers })
      return [response.status, response.headers.get('cache-control'), await response.text()]
    }
    const page = await fetch(url)
    const [script = ''] = /\/assets\/[\w-]+\.js/.exec(await page.text()) ?? []
    expect(await get(script)).toEqual([200, 'public, max-age=31536000, immutable', expect.stringContaining('import(')])
    expect(await get('/robots.txt')).toEqual([200, 'no-cache', 'User-agent: *\n'])
    expect(await get('/assets/report-20240101.txt')).toEqual([200, 'no-cache', 'dated\n'])
    expect(await get('/api/x')).toEqual([200, null, 'api'])
    expect(await get('/settings', PAGE)).toEqual([200, 'no-cache', expect.stringContaining('<title>app</title>')])
    expect(await get('/settings')).toEqual([404, null, 'service has none'])
    expect((await fetch(url, { method: 'POST' })).status).toBe(404)
  })

  test('the client counts for the version, and the same client gives the same', async () => {
    const home = scratchHome()
    const version = async (more = {}) =>
      (await build(makeProject({ files: { ...files, ...more } }), { home })).report?.version
    const first = await version()
    expect(await version()).toBe(first)
    expect(await version({ 'public/robots.txt': 'User-agent: x\n' })).not.toBe(first)
  })

  test('keeps the base, and that of a multi-page app', async () => {
    const project = makeProject({ files: { ...files, 'nested/index.html': '<title>nested</title>' } })
    const pages = { input: { main: project.path('index.html'), nested: project.path('nested/index.html') } }
    const { report } = await build(project, {
      vite: { base: '/app/', appType: 'mpa', build: { rollupOptions: pages } },
    })
    expect(clientIn(report)).toEqual(expect.arrayContaining(['index.html', 'nested/index.html']))
    const url = await start(report)
    const page = await (await fetch(`${url}/app/`)).text()
    const [script = ''] = /\/app\/assets\/[\w-]+\.js/.exec(page) ?? []
    expect((await fetch(url + script)).status).toBe(200)
    expect(await (await fetch(`${url}/app/nested/`)).text()).toContain('<title>nested</title>')
    expect((await fetch(`${url}/app/none`, { headers: PAGE })).status).toBe(404)
    expect((await fetch(url, { headers: PAGE })).status).toBe(404)
  })

  test('is at home at / where base is relative or on another host', async () => {
    for (const base of ['./', '', 'https://cdn.example/x/']) {
      const { report } = await build(makeProject({ files }), { vite: { base } })
      expect(launcherIn(report)).toContain('base: "/"')
    }
  })

  test('finds the client wherever the config puts it', async () => {
    const project = makeProject({ files })
    const moved = await build(project, { vite: { build: { outDir: 'out' } } })
    expect(existsSync(project.path('out/client/index.html'))).toBe(true)
    const plain = clientIn(moved.report)
    expect(plain).toContain('index.html')
    const own = await build(project, { vite: { environments: { client: { build: { outDir: 'web' } } } } })
    expect(existsSync(project.path('web/index.html'))).toBe(true)
    expect(clientIn(own.report)).toEqual(plain)
  })

  test('never serves the service where its folder lies in the client’s', async () => {
    const project = makeProject({ files })
    const { report } = await build(project, { vite: { environments: { client: { build: { outDir: 'dist' } } } } })
    expect(existsSync(project.path('dist/server/service.js'))).toBe(true)
    expect(clientIn(report)).toContain('index.html')
    expect(clientIn(report).filter(file => file.startsWith('server'))).toEqual([])
  })

  test('refuses a service folder that would be emptied of the client', async () => {
    const environments = { bento: { build: { outDir: 'dist' } } }
    const error = await failureOf(() => build(makeProject({ files }), { vite: { environments } }))
    expect(error.code).toBe('OUTPUT_CONFLICT')
    expect(error.message).toMatch(/holds that of the client/)
  })

  test('leaves stale files of a folder that Vite does not empty', async () => {
    const project = makeProject({ files: { ...files, 'dist/client/stale.txt': 'old' } })
    const { report } = await build(project, { vite: { build: { emptyOutDir: false } } })
    expect(clientIn(report)).toContain('robots.txt')
    expect(clientIn(report)).not.toContain('stale.txt')
  })

  test('leaves the client out with client: false', async () => {
    const { report } = await build(makeProject({ files }), { options: { client: false } })
    expect(clientIn(report)).toEqual([])
    expect(await (await fetch(await start(report))).text()).toBe('service has none')
  })

  test('takes the folder that the option names', async () => {
    const project = makeProject({
      files: { 'src/service.js': files['src/service.js'], 'web/index.html': 'web', 'web/assets/a-Bx3_k9aQ.js': '1' },
    })
    const { report } = await build(project, { options: { client: 'web' } })
    expect(clientIn(report)).toEqual(['assets/a-Bx3_k9aQ.js', 'index.html'])
    expect(launcherIn(report)).toContain('"assets/a-Bx3_k9aQ.js"')
  })

  test('no client, no change: the launcher is as it was', async () => {
    const { report } = await build(makeProject({ files: { 'src/service.js': files['src/service.js'] } }))
    expect(clientIn(report)).toEqual([])
    expect(launcherIn(report)).not.toContain('client')
  })

  test('carries the client of a program, which serves it itself', async () => {
    const service = `import { createServer } from 'node:http'
import { readFileSync } from 'node:fs'
createServer((request, response) => response.end(readFileSync(new URL('./client/index.html', import.meta.url))))
  .listen(process.env.PORT, process.env.HOST, function () { console.log('Listening on http://127.0.0.1:' + this.address().port) })
`
    const { report } = await build(makeProject({ files: { ...files, 'src/service.js': service } }))
    expect(report?.mode).toBe('program')
    expect(await (await fetch(await start(report))).text()).toContain('<title>app</title>')
  })

  test('never carries secrets, and says so', async () => {
    const project = makeProject({ files: { ...files, 'public/.env': 'KEY=1', 'public/server.pem': 'x' } })
    const { report } = await build(project)
    expect(clientIn(report).filter(file => /env|pem/.test(file))).toEqual([])
    expect(report?.warnings.join('\n')).toMatch(/client\/\.env was left out/)
    expect(report?.warnings.join('\n')).toMatch(/client\/server\.pem was left out/)
  })

  test('takes source maps as they are emitted', async () => {
    const { report } = await build(makeProject({ files }), { vite: { build: { sourcemap: true } } })
    expect(clientIn(report).filter(file => file.endsWith('.js.map')).length).toBeGreaterThan(0)
  })

  test('makes no bento where the client does not build', async () => {
    const home = scratchHome()
    const project = makeProject({ files: { ...files, 'src/main.js': "import './missing.js'\n" } })
    const error = await failureOf(() => build(project, { home }))
    expect(error.message).toMatch(/missing\.js/)
    expect(existsSync(join(home, 'bentos'))).toBe(false)
  })

  test('refuses emitted files of the service in the client’s folder', async () => {
    const emits = {
      name: 'emits',
      generateBundle(this: { environment: { name: string }; emitFile(file: object): void }) {
        if (this.environment.name === 'bento') {
          this.emitFile({ type: 'asset', fileName: 'client/keys.json', source: '{}' })
        }
      },
    }
    const error = await failureOf(() => build(makeProject({ files }), { before: [emits] }))
    expect(error.code).toBe('OUTPUT_CONFLICT')
    expect(error.message).toMatch(/client\/keys\.json/)
  })
})

describe.each(['rollup', 'rolldown'] as const)('%s', bundler => {
  const service = { 'src/service.js': files['src/service.js'] }
  const build = (project: TestProject, options = {}) => buildWith(bundler, project, { home: scratchHome(), options })

  test('carries the folder that the option names', async () => {
    const project = makeProject({ files: { ...service, 'web/index.html': 'web', 'web/a/b.txt': 'b' } })
    const { report } = await build(project, { client: project.path('web') })
    const url = await start(report)
    expect(await (await fetch(url)).text()).toBe('web')
    expect(await (await fetch(`${url}/a/b.txt`)).text()).toBe('b')
    expect(await (await fetch(`${url}/settings`, { headers: PAGE })).text()).toBe('web')
    expect(await (await fetch(`${url}/api/x`)).text()).toBe('api')
  })

  test('knows hashed names from words and dates', async () => {
    const hashed = [
      'assets/index-Bx3_k9aQ.js',
      'assets/index-Bx3_k9aQ.js.map',
      'big-elephant-CUGZyZuQ.css',
      'main.0a1b2c3d4e5f.js',
    ]
    const plain = ['Foo-Elephant.png', 'big-elephant.svg', 'foo-Background.png', 'index.html', 'report-20240101.txt']
    const web = Object.fromEntries([...hashed, ...plain].map(name => [`web/${name}`, name]))
    const project = makeProject({ files: { ...service, ...web } })
    const { report } = await build(project, { client: project.path('web') })
    expect(clientIn(report)).toEqual([...hashed, ...plain].sort())
    const listed = /hashed: \[([^\]]*)\]/.exec(launcherIn(report))?.[1]
    expect(JSON.parse(`[${listed?.trim().replace(/,$/, '')}]`)).toEqual([...hashed].sort())
  })

  test('takes several pages for no single-page app', async () => {
    const project = makeProject({ files: { ...service, 'web/index.html': 'web', 'web/about.html': 'about' } })
    const { report } = await build(project, { client: project.path('web') })
    expect((await fetch(`${await start(report)}/settings`, { headers: PAGE })).status).toBe(404)
  })

  test('carries none by itself', async () => {
    const { report } = await build(
      makeProject({ files: { ...service, 'index.html': 'x', 'dist/client/index.html': 'x' } }),
    )
    expect(clientIn(report)).toEqual([])
  })

  test('says that the folder is not there', async () => {
    const project = makeProject({ files: service })
    const error = await failureOf(() => build(project, { client: project.path('web') }))
    expect(error.code).toBe('CLIENT_NOT_FOUND')
    expect(error.message).toMatch(/web, which is no folder\. Build the client before/)
  })

  test('refuses links that lead out of the client', async () => {
    const project = makeProject({ files: { ...service, 'web/index.html': 'web', 'secret.txt': 'x' } })
    symlinkSync(project.path('secret.txt'), project.path('web/secret.txt'))
    const error = await failureOf(() => build(project, { client: project.path('web') }))
    expect(error.code).toBe('SERVICE_UNSUPPORTED')
  })
})
