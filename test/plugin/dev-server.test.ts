import { once } from 'node:events'
import { symlinkSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import type { InlineConfig, ViteDevServer } from 'vite'
import type { BentoOptions } from 'vite-plugin-bento'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { ModelStore } from '../../src/store/index.js'
import { saveModel, scratchHome } from '../support/home.js'
import { importVite, makeProject, type TestProject } from '../support/project.js'
import { freePort, repository } from '../support/served.js'

const PAGE = { accept: 'text/html' }

const client = {
  'index.html': '<title>app</title><script type="module" src="/src/main.js"></script>',
  'about.html': '<title>about</title>',
  'src/main.js': "document.title = 'started'\n",
  'public/robots.txt': 'User-agent: *\n',
}

/** Says which request it got. */
const echo = `export default async request => {
  const { pathname } = new URL(request.url)
  if (pathname.includes('none')) return new Response('service has none', { status: 404, headers: { 'x-own': 'yes' } })
  return new Response(\`\${request.method} \${pathname} \${await request.text()}\`)
}
`

interface Served {
  url: string
  server: ViteDevServer
  log: string[]
  text(path: string, init?: RequestInit): Promise<string>
}

/** Edits files until the server notices: it may not watch yet when a test begins. */
function edit(project: TestProject, files: Record<string, string>, check: () => Promise<void>): Promise<void> {
  const attempt = () => {
    project.write(files)
    return check()
  }
  return vi.waitFor(attempt, { timeout: 20_000, interval: 250 })
}

describe.each(['vite8', 'vite7'] as const)('%s', bundler => {
  async function serve(project: TestProject, options: BentoOptions = {}, vite: InlineConfig = {}): Promise<Served> {
    const { createServer, createLogger } = await importVite(bundler)
    const { bento } = await import('vite-plugin-bento')
    const log: string[] = []
    const note = (message: string) => void log.push(message)
    const server = await createServer({
      root: project.root,
      configFile: false,
      customLogger: { ...createLogger('silent'), info: note, warn: note, warnOnce: note, error: note },
      optimizeDeps: { noDiscovery: true },
      ...vite,
      server: { port: await freePort(), strictPort: true, host: '127.0.0.1', ...vite.server },
      plugins: [bento({ store: scratchHome(), ...options }), ...(vite.plugins ?? [])],
    })
    onTestFinished(() => server.close())
    await server.listen()
    const { port } = server.httpServer!.address() as { port: number }
    const url = `http://127.0.0.1:${port}`
    return { url, server, log, text: async (path, init) => (await fetch(url + path, init)).text() }
  }

  test("the client's files are Vite's, everything else is the service's", async () => {
    const { url, text } = await serve(makeProject({ files: { ...client, 'src/service.js': echo } }))
    expect(await text('/', { headers: PAGE })).toContain('/@vite/client')
    expect(await text('/about', { headers: PAGE })).toContain('<title>about</title>')
    expect(await text('/src/main.js')).toContain("document.title = 'started'")
    expect(await text('/@vite/client')).toContain('HMR')
    expect(await text('/robots.txt')).toBe('User-agent: *\n')
    expect(await text('/predict')).toBe('GET /predict ')
    expect(await text('/predict', { method: 'POST', body: 'data' })).toBe('POST /predict data')
    expect(await text('/', { method: 'POST', body: 'data' })).toBe('POST / data')
    expect(await text('/predict', { headers: PAGE })).toBe('GET /predict ')
    const missing = await fetch(`${url}/none`)
    expect([missing.status, missing.headers.get('x-own')]).toEqual([404, 'yes'])
    expect(await text('/healthz')).toBe('\n')
  })

  test('a page that the service does not know is the single-page app’s', async () => {
    const { url } = await serve(makeProject({ files: { ...client, 'src/service.js': echo } }))
    const page = await fetch(`${url}/settings/none`, { headers: PAGE })
    expect([page.status, page.headers.get('x-own')]).toEqual([200, null])
    expect(await page.text()).toContain('<title>app</title>')
  })

  test('but not in a multi-page app', async () => {
    const { url, text } = await serve(
      makeProject({ files: { ...client, 'src/service.js': echo } }),
      {},
      { appType: 'mpa' },
    )
    expect((await fetch(`${url}/settings/none`, { headers: PAGE })).status).toBe(404)
    expect(await text('/', { headers: PAGE })).toContain('<title>app</title>')
  })

  test('without a client the service answers all', async () => {
    const { url, text } = await serve(makeProject({ files: { 'src/service.js': echo } }))
    expect(await text('/', { headers: PAGE })).toBe('GET / ')
    expect(await text('/')).toBe('GET / ')
    expect((await fetch(`${url}/none`, { headers: PAGE })).status).toBe(404)
  })

  test('with a base, the service has the paths outside it', async () => {
    const { text } = await serve(makeProject({ files: { ...client, 'src/service.js': echo } }), {}, { base: '/app/' })
    expect(await text('/app/', { headers: PAGE })).toContain('<title>app</title>')
    expect(await text('/app/src/main.js')).toContain('started')
    expect(await text('/predict')).toBe('GET /predict ')
    expect(await text('/app/predict')).toBe('GET /app/predict ')
    expect(await text('/', { headers: PAGE })).toBe('GET / ')
    expect(await text('/app/none', { headers: PAGE })).toContain('<title>app</title>')
  })

  test('the next answer after an edit is the new code, also of what it imports', async () => {
    const files = {
      ...client,
      'src/service.js': "import { name } from './name.js'\nexport default () => new Response('1 ' + name)\n",
      'src/name.js': "export const name = 'a'\n",
    }
    const project = makeProject({ files })
    const { text } = await serve(project)
    expect(await text('/predict')).toBe('1 a')
    await edit(project, { 'src/name.js': "export const name = 'b'\n" }, async () =>
      expect(await text('/predict')).toBe('1 b'),
    )
    await edit(project, { 'src/service.js': files['src/service.js'].replace('1 ', '2 ') }, async () =>
      expect(await text('/predict')).toBe('2 b'),
    )
  })

  test('state lives until the next edit', async () => {
    const service = 'let count = 0\nexport default () => new Response(String(++count))\n'
    const project = makeProject({ files: { ...client, 'src/service.js': service } })
    const { text } = await serve(project)
    expect([await text('/x'), await text('/x')]).toEqual(['1', '2'])
    // What is the client's alone does not load the service again.
    await edit(project, { 'src/main.js': "document.title = 'other'\n" }, async () =>
      expect(await text('/src/main.js')).toContain('other'),
    )
    expect(await text('/x')).toBe('3')
  })

  test('survives a syntax error, tells it, and goes on when it is mended', async () => {
    const project = makeProject({ files: { ...client, 'src/service.js': echo } })
    const { url, log, text } = await serve(project)
    await text('/predict')
    await edit(project, { 'src/service.js': 'export default (((\n' }, async () =>
      expect((await fetch(`${url}/predict`)).status).toBe(500),
    )
    expect(await text('/predict')).toMatch(/service\.js/)
    expect(await text('/predict', { headers: PAGE })).toContain('ErrorOverlay')
    expect(log.join('\n')).toMatch(/GET \/predict: .*/)
    expect(await text('/', { headers: PAGE })).toContain('<title>app</title>')
    await edit(project, { 'src/service.js': echo }, async () => expect(await text('/predict')).toBe('GET /predict '))
  })

  test('tells what a handler throws, with the source', async () => {
    const service = "export default () => {\n  throw new TypeError('no such model')\n}\n"
    const { url, log, text } = await serve(makeProject({ files: { ...client, 'src/service.js': service } }))
    const response = await fetch(`${url}/predict`)
    expect([response.status, response.headers.get('content-type')]).toEqual([500, 'text/plain; charset=utf-8'])
    expect(await response.text()).toMatch(/^TypeError: no such model\n\s+at .*service\.js:/)
    expect(log.join('\n')).toContain('TypeError: no such model')
    expect(await text('/', { headers: PAGE })).toContain('<title>app</title>')
  })

  test('what is missing when first asked for is found once it is written', async () => {
    const project = makeProject({ files: { ...client, 'src/service.js': "export { default } from './app.js'\n" } })
    const { url, text } = await serve(project)
    expect((await fetch(`${url}/predict`)).status).toBe(500)
    await edit(project, { 'src/app.js': echo }, async () => expect(await text('/predict')).toBe('GET /predict '))
  })

  test.each([
    [
      'Hono',
      "import { Hono } from 'hono'\nexport default new Hono().get('/hello', c => c.text('hello ' + c.req.query('name')))",
    ],
    [
      'Express',
      "import express from 'express'\nexport default express().get('/hello', (q, s) => s.send('hello ' + q.query.name))",
    ],
    [
      'Fastify',
      "import fastify from 'fastify'\nexport default fastify().get('/hello', async q => 'hello ' + q.query.name)",
    ],
    [
      'http.Server',
      "import { createServer } from 'node:http'\nexport default createServer((q, s) => s.end('hello ' + q.url.slice(-1)))",
    ],
    ['a promise', "export default Promise.resolve(q => new Response('hello ' + q.url.slice(-1)))"],
  ])('serves %s', async (_kind, service) => {
    const project = makeProject({ files: { ...client, 'src/service.js': service } })
    symlinkSync(join(repository, 'node_modules'), project.path('node_modules'), 'junction')
    const { text } = await serve(project)
    expect(await text('/hello?name=x')).toBe('hello x')
  })

  test('what an edit replaces is closed, where its kind can be', async () => {
    const service = (answer: string) => `import fastify from 'fastify'
const app = fastify()
app.addHook('onClose', async () => { globalThis.closedService = true })
export default app.get('/x', async () => '${answer}')
`
    const project = makeProject({ files: { 'src/service.js': service('one') } })
    symlinkSync(join(repository, 'node_modules'), project.path('node_modules'), 'junction')
    const { text } = await serve(project)
    expect(await text('/x')).toBe('one')
    expect(globalThis).not.toHaveProperty('closedService')
    onTestFinished(() => void Reflect.deleteProperty(globalThis, 'closedService'))
    await edit(project, { 'src/service.js': service('two') }, async () => expect(await text('/x')).toBe('two'))
    expect(globalThis).toHaveProperty('closedService', true)
  })

  test('packages are left to Node, also where a build bundles them all', async () => {
    const service = "import express from 'express'\nexport default express().get('/x', (q, s) => s.send('express'))\n"
    const project = makeProject({ files: { 'src/service.js': service } })
    symlinkSync(join(repository, 'node_modules'), project.path('node_modules'), 'junction')
    const { text } = await serve(project, {}, { ssr: { noExternal: true } })
    expect(await text('/x')).toBe('express')
  })

  test('CommonJS sources are refused with the mend', async () => {
    const { text } = await serve(
      makeProject({ files: { 'src/service.js': 'module.exports = () => new Response()\n' } }),
    )
    expect(await text('/x')).toMatch(/^ReferenceError: module is not defined[\s\S]*vite dev runs ES modules only/)
  })

  test('an app that answers through its own listen() only is refused with the reason', async () => {
    const service = 'export default { listen() {} }\n'
    const { url } = await serve(makeProject({ files: { 'src/service.js': service } }))
    const response = await fetch(`${url}/x`)
    expect([response.status, await response.text()]).toEqual([500, expect.stringContaining('its own listen()')])
  })

  test('a program is not run, and the log says so once', async () => {
    const service = "globalThis.programRan = true\nimport('node:http').then(http => http.createServer().listen(0))\n"
    const { log, text } = await serve(makeProject({ files: { ...client, 'src/service.js': service } }))
    expect([await text('/predict'), await text('/predict')]).not.toContain('GET /predict ')
    expect(globalThis).not.toHaveProperty('programRan')
    expect(log.filter(line => line.includes('starts its own server'))).toHaveLength(1)
    expect(await text('/', { headers: PAGE })).toContain('<title>app</title>')
  })

  test('without a service the client is served, and the log says what is missing', async () => {
    const { log, text } = await serve(makeProject({ files: client }))
    expect(log.join('\n')).toMatch(/The service entry .*src\/service\.ts does not exist/)
    expect(await text('/', { headers: PAGE })).toContain('<title>app</title>')
  })

  test('models are the store’s, and a new latest is in the next answer', async () => {
    const home = scratchHome()
    await saveModel(new ModelStore(home), 'iris_clf:v1')
    const service = "import model from 'virtual:bento/model/iris_clf'\nexport default () => new Response(model.tag)\n"
    const { text } = await serve(makeProject({ files: { ...client, 'src/service.js': service } }), { store: home })
    expect(await text('/tag')).toBe('iris_clf:v1')
    await saveModel(new ModelStore(home), 'iris_clf:v2')
    await vi.waitFor(async () => expect(await text('/tag')).toBe('iris_clf:v2'), { timeout: 10_000 })
  })

  test('bodies stream both ways, large ones too', async () => {
    const service = `export default async request => {
  if (request.method === 'POST') {
    let size = 0
    for await (const chunk of request.body) size += chunk.length
    return new Response(String(size))
  }
  const lines = new ReadableStream({
    async start(controller) {
      controller.enqueue('first\\n')
      await globalThis.streamGate
      controller.enqueue('second\\n')
      controller.close()
    },
  })
  return new Response(lines.pipeThrough(new TextEncoderStream()))
}
`
    const gated = globalThis as { streamGate?: Promise<void> }
    let open = () => {}
    gated.streamGate = new Promise(resolve => {
      open = resolve
    })
    const { url, text } = await serve(makeProject({ files: { 'src/service.js': service } }))
    const reader = (await fetch(`${url}/lines`)).body?.pipeThrough(new TextDecoderStream()).getReader()
    // The first part comes while the second is not even made.
    expect(await reader?.read()).toEqual({ done: false, value: 'first\n' })
    open()
    expect(await reader?.read()).toEqual({ done: false, value: 'second\n' })
    expect(await text('/', { method: 'POST', body: Buffer.alloc(20_000_000) })).toBe('20000000')
  })

  test('a client that goes away is noticed by the handler', async () => {
    const service = `export default request => {
  globalThis.gone = new Promise(resolve => request.signal.addEventListener('abort', resolve))
  return new Response(new ReadableStream({ start: controller => controller.enqueue(new Uint8Array(1)) }))
}
`
    const { url } = await serve(makeProject({ files: { 'src/service.js': service } }))
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    socket.write('GET /x HTTP/1.1\r\nhost: localhost\r\n\r\n')
    await once(socket, 'data')
    socket.destroy()
    await (globalThis as { gone?: Promise<unknown> }).gone
  })

  test('variables of the bento are set, but not over the caller’s', async () => {
    process.env.BENTO_TEST_CALLER = 'caller'
    onTestFinished(() => {
      for (const name of ['BENTO_TEST_CALLER', 'BENTO_TEST_OWN', 'BENTO_TEST_BUILD_ONLY']) delete process.env[name]
    })
    const names = "['BENTO_TEST_CALLER', 'BENTO_TEST_OWN', 'BENTO_TEST_BUILD_ONLY']"
    const service = `export default () => Response.json(${names}.map(name => process.env[name] ?? null))\n`
    const { text } = await serve(makeProject({ files: { 'src/service.js': service } }), {
      envs: [
        { name: 'BENTO_TEST_CALLER', value: 'own' },
        { name: 'BENTO_TEST_OWN', value: 'own' },
        { name: 'BENTO_TEST_BUILD_ONLY', value: 'own', stage: 'build' },
      ],
    })
    expect(JSON.parse(await text('/env'))).toEqual(['caller', 'own', null])
  })

  test('the user’s proxy comes first', async () => {
    const { createServer } = await import('node:http')
    const other = createServer((_request, response) => response.end('proxied')).listen(0, '127.0.0.1')
    onTestFinished(() => void other.close())
    await once(other, 'listening')
    const target = `http://127.0.0.1:${(other.address() as { port: number }).port}`
    const proxy = { '/other': target }
    for (const base of ['/', '/app/']) {
      const project = makeProject({ files: { ...client, 'src/service.js': echo } })
      const { text } = await serve(project, {}, { base, server: { proxy } })
      expect(await text('/other')).toBe('proxied')
    }
  })

  test('in middleware mode nothing is mounted', async () => {
    const { createServer } = await importVite(bundler)
    const { bento } = await import('vite-plugin-bento')
    const project = makeProject({ files: { 'src/service.js': echo } })
    const server = await createServer({
      root: project.root,
      configFile: false,
      logLevel: 'silent',
      appType: 'custom',
      server: { middlewareMode: true, ws: false },
      plugins: [bento({ store: scratchHome() })],
    })
    onTestFinished(() => server.close())
    const http = (await import('node:http')).createServer((request, response) =>
      server.middlewares(request, response, () => response.end('own server')),
    )
    http.listen(0, '127.0.0.1')
    onTestFinished(() => void http.close())
    await once(http, 'listening')
    const { port } = http.address() as { port: number }
    expect(await (await fetch(`http://127.0.0.1:${port}/predict`)).text()).toBe('own server')
  })
})
