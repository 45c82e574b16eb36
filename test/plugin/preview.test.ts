import type { InlineConfig } from 'vite'
import type { BentoOptions } from 'vite-plugin-bento'
import { describe, expect, onTestFinished, test } from 'vitest'
import { ModelStore } from '../../src/store/index.js'
import { saveModel, scratchHome } from '../support/home.js'
import { buildWith, importVite, makeProject, type TestProject } from '../support/project.js'
import { freePort } from '../support/served.js'

const PAGE = { accept: 'text/html' }

const files = {
  'index.html': '<title>app</title><script type="module" src="/src/main.js"></script>',
  'src/main.js': "document.title = 'started'\n",
  'public/assets/report-20240101.txt': 'dated\n',
  'src/service.js': `export default async request => {
  const { pathname } = new URL(request.url)
  if (pathname.includes('none')) return new Response('service has none', { status: 404 })
  if (pathname.includes('throws')) throw new TypeError('no such model')
  return new Response(\`\${request.method} \${pathname} \${await request.text()}\`)
}
`,
}

describe.each(['vite8', 'vite7'] as const)('%s', bundler => {
  async function preview(project: TestProject, options: BentoOptions = {}, vite: InlineConfig = {}) {
    const { preview, createLogger } = await importVite(bundler)
    const { bento } = await import('vite-plugin-bento')
    const log: string[] = []
    const note = (message: string) => void log.push(message)
    const server = await preview({
      root: project.root,
      configFile: false,
      customLogger: { ...createLogger('silent'), info: note, warn: note, warnOnce: note, error: note },
      ...vite,
      preview: { port: await freePort(), strictPort: true, host: '127.0.0.1', ...vite.preview },
      plugins: [bento({ service: 'src/service.js', ...options })],
    })
    onTestFinished(() => server.close())
    const { port } = server.httpServer.address() as { port: number }
    const url = `http://127.0.0.1:${port}`
    return { url, log, text: async (path: string, init?: RequestInit) => (await fetch(url + path, init)).text() }
  }

  async function built(plan: { files?: Record<string, string>; options?: BentoOptions; vite?: InlineConfig } = {}) {
    const project = makeProject({ files: plan.files ?? files })
    const { options = {}, vite = {} } = plan
    await buildWith(bundler, project, { home: scratchHome(), options, vite })
    return project
  }

  test('runs what was built, as the bento would', async () => {
    const { url, log, text } = await preview(await built())
    const page = await text('/')
    expect(page).toContain('<title>app</title>')
    const [script = ''] = /\/assets\/[\w-]+\.js/.exec(page) ?? []
    expect((await fetch(url + script)).headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
    expect((await fetch(url)).headers.get('cache-control')).toBe('no-cache')
    expect((await fetch(`${url}/assets/report-20240101.txt`)).headers.get('cache-control')).toBe('no-cache')
    expect(await text('/predict')).toBe('GET /predict ')
    expect(await text('/', { method: 'POST', body: 'data' })).toBe('POST / data')
    expect(await text('/healthz')).toBe('\n')
    expect(await text('/settings/none', { headers: PAGE })).toBe(page)
    expect((await fetch(`${url}/none`)).status).toBe(404)
    const failed = await fetch(`${url}/throws`)
    expect([failed.status, await failed.text()]).toEqual([500, 'Internal Server Error'])
    expect(log.join('\n')).toContain('TypeError: no such model')
  })

  test('with a base, and with folders of one’s own', async () => {
    const vite: InlineConfig = { base: '/app/', build: { outDir: 'out' } }
    const { text } = await preview(await built({ vite }), {}, vite)
    expect(await text('/app/')).toContain('<title>app</title>')
    expect(await text('/')).toBe('GET / ')
    expect(await text('/app/predict')).toBe('GET /app/predict ')
  })

  test('without a client', async () => {
    const { text } = await preview(await built({ files: { 'src/service.js': files['src/service.js'] } }))
    expect(await text('/', { headers: PAGE })).toBe('GET / ')
  })

  test('leaves the client to the service with client: false', async () => {
    const { text } = await preview(await built(), { client: false })
    expect(await text('/')).toBe('GET / ')
  })

  test('finds models in the store that the option names', async () => {
    const home = scratchHome()
    await saveModel(new ModelStore(home), 'iris_clf:v1')
    const before = process.env.BENTOML_HOME
    onTestFinished(() => {
      if (before === undefined) delete process.env.BENTOML_HOME
      else process.env.BENTOML_HOME = before
    })
    delete process.env.BENTOML_HOME
    const service = "import model from 'virtual:bento/model/iris_clf'\nexport default () => new Response(model.path)\n"
    const project = makeProject({ files: { 'src/service.js': service } })
    await buildWith(bundler, project, { home })
    const { text } = await preview(project, { store: home })
    expect(await text('/')).toBe(`${home}/models/iris_clf/v1`)
  })

  test('a program is not run, and the log says how', async () => {
    const project = await built({ files: { ...files, 'src/service.js': 'globalThis.previewRan = true\n' } })
    const { log, text } = await preview(project)
    expect(log.join('\n')).toMatch(/run node .*dist\/server\/server\.js beside/)
    expect(globalThis).not.toHaveProperty('previewRan')
    expect(await text('/')).toContain('<title>app</title>')
  })

  test('says that nothing is built', async () => {
    const starting = preview(makeProject({ files }))
    await expect(starting).rejects.toThrow(
      /^\[SERVICE_NOT_FOUND\] There is no built service in .*dist\/server\. Run vite build/,
    )
  })
})
