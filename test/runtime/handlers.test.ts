import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { freePort } from '../support/served.js'
import { handlerFolder, run } from './service-process.js'

/** Each answers `/hello?name=x` with `hello x`. */
const SERVICES: Record<string, string> = {
  'a plain function': `
    export default request => new Response('hello ' + new URL(request.url).searchParams.get('name'))`,
  'an object with fetch': `
    class App { prefix = 'hello '; fetch(request) { return new Response(this.prefix + new URL(request.url).searchParams.get('name')) } }
    export default new App()`,
  Hono: `
    import { Hono } from 'hono'
    export default new Hono().get('/hello', c => c.text('hello ' + c.req.query('name')))`,
  'a promise of Hono': `
    import { Hono } from 'hono'
    export default Promise.resolve(new Hono().get('/hello', c => c.text('hello ' + c.req.query('name'))))`,
  Express: `
    import express from 'express'
    export default express().get('/hello', (request, response) => response.send('hello ' + request.query.name))`,
  Fastify: `
    import fastify from 'fastify'
    export default fastify().get('/hello', async request => 'hello ' + request.query.name)`,
  'an http.Server': `
    import { createServer } from 'node:http'
    export default createServer((request, response) => response.end('hello ' + new URL(request.url, 'http://x').searchParams.get('name')))`,
  'an app with callback and listen, like Koa': `
    const callback = () => (request, response) => response.end('hello ' + new URL(request.url, 'http://x').searchParams.get('name'))
    export default { callback, listen() {} }`,
  'an app with its own listen': `
    import { createServer } from 'node:http'
    const listener = (request, response) => response.end('hello ' + new URL(request.url, 'http://x').searchParams.get('name'))
    export default { listen: (port, host) => createServer(listener).listen(port, host) }`,
  'CommonJS that a compiler wrote': `
    export default { __esModule: true, default: request => new Response('hello ' + new URL(request.url).searchParams.get('name')) }`,
}

describe('default exports that are served', () => {
  it.each(Object.keys(SERVICES))('%s', async name => {
    const service = run(await handlerFolder({ 'service.js': SERVICES[name] as string }))
    const url = await service.listening()
    const response = await fetch(`${url}/hello?name=x`)
    expect([response.status, await response.text()]).toEqual([200, 'hello x'])
    service.child.kill('SIGTERM')
    expect(await service.exit).toBe(0)
  })
})

describe('fetch handlers', () => {
  it('get the probes, whatever their own routes', async () => {
    const folder = await handlerFolder({ 'service.js': "export default () => new Response('mine', { status: 418 })" })
    const url = await run(folder).listening()
    for (const probe of ['/healthz', '/livez', '/readyz', '/readyz?verbose']) {
      const response = await fetch(url + probe)
      expect([probe, response.status, await response.text()]).toEqual([probe, 200, '\n'])
    }
    expect((await fetch(`${url}/livez`, { method: 'HEAD' })).status).toBe(200)
    expect((await fetch(`${url}/livez`, { method: 'POST' })).status).toBe(418)
    expect((await fetch(`${url}/livez/more`)).status).toBe(418)
  })

  it('see real requests: a body, a copy of the request, the connection', async () => {
    const folder = await handlerFolder({
      'service.js': `
        export default async (request, env) => {
          const copy = new Request(request, { headers: { 'x-copy': 'yes' } })
          return Response.json({
            real: request instanceof Request,
            header: copy.headers.get('x-copy'),
            body: await copy.text(),
            address: env.incoming.socket.remoteAddress,
          })
        }`,
    })
    const url = await run(folder).listening()
    const response = await fetch(url, { method: 'POST', body: 'data' })
    expect(await response.json()).toEqual({ real: true, header: 'yes', body: 'data', address: '127.0.0.1' })
  })

  it('stream', async () => {
    const folder = await handlerFolder({
      'service.js': `
        let more
        export default request => {
          if (request.method === 'POST') { more.enqueue(new TextEncoder().encode('two')); more.close(); return new Response() }
          return new Response(new ReadableStream({ start(c) { more = c; c.enqueue(new TextEncoder().encode('one')) } }))
        }`,
    })
    const url = await run(folder).listening()
    const { body } = await fetch(url)
    const reader = (body as ReadableStream<Uint8Array>).getReader()
    expect(Buffer.from((await reader.read()).value as Uint8Array).toString()).toBe('one')
    await fetch(url, { method: 'POST' })
    expect(Buffer.from((await reader.read()).value as Uint8Array).toString()).toBe('two')
    expect((await reader.read()).done).toBe(true)
  })

  it('that throw or return no Response answer 500, say why, and live on', async () => {
    const folder = await handlerFolder({
      'service.js': `
        export default request => {
          if (request.url.endsWith('/throw')) throw new Error('the cat ate it')
          if (request.url.endsWith('/nothing')) return undefined
          return new Response('fine')
        }`,
    })
    const service = run(folder)
    const url = await service.listening()
    expect((await fetch(`${url}/throw`)).status).toBe(500)
    await service.printed(/the cat ate it/)
    expect((await fetch(`${url}/nothing`)).status).toBe(500)
    await service.printed(/answered GET \/nothing with undefined, not with a Response/)
    expect(await (await fetch(url)).text()).toBe('fine')
  })
})

describe('a service that both listens and exports itself', () => {
  const LISTENING: Record<string, string> = {
    'Express on PORT': `
      import express from 'express'
      const app = express().get('/', (request, response) => response.send('mine'))
      app.listen(Number(process.env.PORT), () => console.log('Listening on http://127.0.0.1:' + process.env.PORT))
      export default app`,
    'Express on a port of its own': `
      import express from 'express'
      const app = express().get('/', (request, response) => response.send('mine'))
      const server = app.listen(0, () => console.log('Listening on http://127.0.0.1:' + server.address().port))
      export default app`,
    Fastify: `
      import fastify from 'fastify'
      const app = fastify().get('/', async () => 'mine')
      await app.listen({ port: 0 })
      console.log('Listening on http://127.0.0.1:' + app.server.address().port)
      export default app`,
    'an object that is no handler': `
      import { createServer } from 'node:http'
      const server = createServer((request, response) => response.end('mine'))
      server.listen(process.env.PORT, '127.0.0.1', () => console.log('Listening on http://127.0.0.1:' + process.env.PORT))
      export default { server }`,
    'nothing exported': `
      import { createServer } from 'node:http'
      const server = createServer((request, response) => response.end('mine'))
      setTimeout(() => server.listen(process.env.PORT, () => console.log('Listening on http://127.0.0.1:' + process.env.PORT)), 10)
      export default {}`,
  }

  it.each(Object.keys(LISTENING))('is left alone: %s', async name => {
    const service = run(await handlerFolder({ 'service.js': LISTENING[name] as string }), {
      PORT: String(await freePort()),
    })
    const url = await service.listening()
    expect(await (await fetch(url)).text()).toBe('mine')
    expect(service.output.match(/Listening/g)).toHaveLength(1)
  })

  it('takes its port over when it listens only later', async () => {
    const port = await freePort()
    const folder = await handlerFolder({
      'service.js': `
        import express from 'express'
        const app = express().get('/', (request, response) => response.send(app.ready ? 'ready' : 'not yet'))
        setTimeout(() => {
          app.ready = true
          app.listen(Number(process.env.PORT), () => console.log('now ready'))
        }, 100)
        export default app`,
    })
    const service = run(folder, { PORT: String(port) })
    await service.printed(/now ready/)
    expect(await (await fetch(`http://127.0.0.1:${port}`)).text()).toBe('ready')
  })
})

describe('what cannot start', () => {
  const failing: [title: string, service: string, env: Record<string, string>, says: RegExp][] = [
    [
      'an object without handlers',
      'export default { answer: 42, model: 1 }',
      {},
      /^The service's default export is an object with answer, model, which is no handler\. .*program.*\n$/,
    ],
    ['a text', "export default 'hello'", {}, /^The service's default export is a string, which is no handler/],
    ['a class', 'export default class App {}', {}, /is the class App, which is no handler/],
    [
      'nothing at all',
      'export const answer = 42',
      {},
      /^The service ended without listening, and its default export is no handler/,
    ],
    [
      'a module that throws',
      "throw new Error('no model')",
      {},
      /^The service could not be loaded: Error: no model\n {4}at /,
    ],
    ['a package that is missing', "import 'no-such-package'", {}, /could not be loaded: Error.*no-such-package/],
    [
      'a bad port',
      'export default () => {}',
      { PORT: '70000' },
      /^PORT is "70000", not a port number from 0 to 65535\.\n$/,
    ],
    ['a bad host', 'export default () => {}', { HOST: '192.0.2.1' }, /^192\.0\.2\.1 is not an address of this machine/],
  ]

  it.each(failing)('%s: exit code 1, and why', async (_title, source, env, says) => {
    const service = run(await handlerFolder({ 'service.js': source }), env)
    expect(await service.exit).toBe(1)
    expect(service.errors).toMatch(says)
  })

  it('a taken port: one line, also where the service holds other things open', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    onTestFinished(() => void other.close())
    await once(other, 'listening')
    const port = (other.address() as AddressInfo).port
    for (const source of ['export default () => {}', "import express from 'express'\nexport default express()"]) {
      const folder = await handlerFolder({ 'service.js': `setInterval(() => {}, 1000)\n${source}` })
      const service = run(folder, { PORT: String(port) })
      expect(await service.exit).toBe(1)
      expect(service.errors).toBe(`Port ${port} on 127.0.0.1 is in use already. Set PORT to a free one.\n`)
    }
  })
})
