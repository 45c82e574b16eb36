import { once } from 'node:events'
import { symlinkSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { handlerFolder, run, scratchFolder } from './service-process.js'

const PAGE = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }

const CLIENT = {
  'client/index.html': '<title>page</title>',
  'client/about.html': '<title>about</title>',
  'client/docs/index.html': '<title>docs</title>',
  'client/assets/index-Bx3_k9aQ.js': 'console.log("hashed")',
  'client/assets/big-elephant.svg': '<svg/>',
  'client/model.wasm': '\0asm0123456789',
  'client/a name.txt': 'named',
  'client/.env': 'SECRET=1',
  'client/.vite/manifest.json': '{}',
  'client/.well-known/security.txt': 'Contact: x',
  'secret.txt': 'outside',
}

const launcher = (options = '') => `import { start } from './built/server.js'
await start(() => import('./service.js'), {
  client: { folder: new URL('./client/', import.meta.url), hashed: ['assets/index-Bx3_k9aQ.js'] ${options} },
})
`

/** Answers with the method and path of each request, but 404 below `/none`. */
const SERVICES: Record<string, string> = {
  'a fetch handler': `
    export default request => {
      const { pathname } = new URL(request.url)
      return new Response(\`service: \${request.method} \${pathname}\`, {
        status: pathname.includes('none') ? 404 : 200,
        headers: { 'x-own': 'yes' },
      })
    }`,
  Express: `
    import express from 'express'
    export default express()
      .use((request, response, next) => { response.setHeader('x-own', 'yes'); next() })
      .use(/.*none.*/, (request, response) => response.status(404).send('service: none'))
      .use((request, response) => response.send(\`service: \${request.method} \${request.path}\`))`,
  Fastify: `
    import fastify from 'fastify'
    const app = fastify()
    app.addHook('onSend', async (request, reply) => void reply.header('x-own', 'yes'))
    app.all('/*', async (request, reply) => {
      if (request.url.includes('none')) reply.code(404)
      return \`service: \${request.method} \${request.url}\`
    })
    export default app`,
  'an http.Server': `
    import { createServer } from 'node:http'
    export default createServer((request, response) => {
      response.setHeader('x-own', 'yes')
      response.statusCode = request.url.includes('none') ? 404 : 200
      response.write('service: ')
      response.end(\`\${request.method} \${request.url}\`)
    })`,
  'an app with its own listen': `
    import { createServer } from 'node:http'
    const listener = (request, response) => {
      response.writeHead(request.url.includes('none') ? 404 : 200, { 'x-own': 'yes' })
      response.end(\`service: \${request.method} \${request.url}\`)
    }
    export default { listen: (port, host) => createServer(listener).listen(port, host) }`,
}

async function listening(options = '', service = SERVICES['a fetch handler'] as string, more = {}): Promise<string> {
  const folder = await handlerFolder({ ...CLIENT, 'server.js': launcher(options), 'service.js': service, ...more })
  return run(folder).listening()
}

/** Sends a request line as it is: `fetch` would tidy the path first. */
async function raw(url: string, line: string): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  socket.write(`${line} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`)
  let text = ''
  socket.setEncoding('utf8').on('data', chunk => (text += chunk))
  await once(socket, 'close')
  return text
}

describe.each(Object.keys(SERVICES))('before %s', name => {
  it('answers with files, and leaves the rest to the service', async () => {
    const url = await listening('', SERVICES[name])
    const get = async (path: string, init?: RequestInit) => {
      const response = await fetch(url + path, init)
      return [response.status, response.headers.get('x-own'), await response.text()]
    }
    expect(await get('/')).toEqual([200, null, '<title>page</title>'])
    expect(await get('/assets/index-Bx3_k9aQ.js?x=1')).toEqual([200, null, 'console.log("hashed")'])
    expect(await get('/predict')).toEqual([200, 'yes', 'service: GET /predict'])
    expect(await get('/', { method: 'POST', body: 'x' })).toEqual([200, 'yes', 'service: POST /'])
    expect(await get('/about', { method: 'PUT' })).toEqual([200, 'yes', 'service: PUT /about'])
    expect(await get('/none', { headers: PAGE })).toEqual([404, 'yes', expect.stringContaining('service: ')])
  })

  it('gives a single page where the service has none', async () => {
    const url = await listening(', spa: true', SERVICES[name])
    const page = await fetch(`${url}/settings/none`, { headers: PAGE })
    expect([page.status, await page.text()]).toEqual([200, '<title>page</title>'])
    expect(page.headers.get('x-own')).toBeNull()
    expect(page.headers.get('cache-control')).toBe('no-cache')
    const head = await fetch(`${url}/none`, { method: 'HEAD', headers: PAGE })
    expect([head.status, head.headers.get('content-length')]).toEqual([200, '19'])
    // Programs and scripts are told the truth, and so is whoever sends something.
    expect((await fetch(`${url}/none`)).status).toBe(404)
    expect((await fetch(`${url}/none`, { method: 'POST', headers: PAGE })).status).toBe(404)
    const known = await fetch(`${url}/predict`, { headers: PAGE })
    expect([known.status, await known.text()]).toEqual([200, 'service: GET /predict'])
  })
})

describe('files', () => {
  it('have the types that browsers want', async () => {
    const url = await listening()
    const typeOf = async (path: string) => (await fetch(url + path)).headers.get('content-type')
    expect(await typeOf('/')).toBe('text/html; charset=utf-8')
    expect(await typeOf('/assets/index-Bx3_k9aQ.js')).toBe('text/javascript; charset=utf-8')
    expect(await typeOf('/assets/big-elephant.svg')).toBe('image/svg+xml; charset=utf-8')
    expect(await typeOf('/model.wasm')).toBe('application/wasm')
  })

  it('are found by folder, without .html, and by encoded names', async () => {
    const url = await listening()
    const textOf = async (path: string) => (await fetch(url + path)).text()
    expect(await textOf('/docs/')).toBe('<title>docs</title>')
    expect(await textOf('/about')).toBe('<title>about</title>')
    expect(await textOf('/about.html')).toBe('<title>about</title>')
    expect(await textOf('/a%20name.txt')).toBe('named')
    expect(await textOf('/.well-known/security.txt')).toBe('Contact: x')
    expect(await textOf('/docs')).toBe('service: GET /docs')
  })

  it('are kept for good where the name changes with the content, else asked for again', async () => {
    const url = await listening()
    const kept = async (path: string) => (await fetch(url + path)).headers.get('cache-control')
    expect(await kept('/assets/index-Bx3_k9aQ.js')).toBe('public, max-age=31536000, immutable')
    expect(await kept('/assets/big-elephant.svg')).toBe('no-cache')
    expect(await kept('/')).toBe('no-cache')
  })

  it('are not sent again to who has them', async () => {
    const url = await listening()
    const first = await fetch(url)
    const tag = first.headers.get('etag') as string
    expect(tag).toMatch(/^"[\w-]{22}"$/)
    for (const known of [tag, `W/${tag}`, `"other", ${tag}`, '*']) {
      const again = await fetch(url, { headers: { 'if-none-match': known } })
      expect([known, again.status, await again.text()]).toEqual([known, 304, ''])
    }
    expect((await fetch(url, { headers: { 'if-none-match': '"other"' } })).status).toBe(200)
  })

  it('have tags that follow the content, not size and time', async () => {
    const urls = [await listening(), await listening('', undefined, { 'client/index.html': '<title>pagE</title>' })]
    const same = await listening()
    const [one, other, again] = await Promise.all(
      [...urls, same].map(async url => (await fetch(url)).headers.get('etag')),
    )
    expect(one).not.toBe(other)
    expect(one).toBe(again)
  })

  it('are sent in part', async () => {
    const url = await listening()
    const part = async (range: string, more = {}) => {
      const response = await fetch(`${url}/model.wasm`, { headers: { range, ...more } })
      return [response.status, response.headers.get('content-range'), await response.text()]
    }
    expect(await part('bytes=4-6')).toEqual([206, 'bytes 4-6/14', '012'])
    expect(await part('bytes=10-')).toEqual([206, 'bytes 10-13/14', '6789'])
    expect(await part('bytes=-2')).toEqual([206, 'bytes 12-13/14', '89'])
    expect(await part('bytes=10-99')).toEqual([206, 'bytes 10-13/14', '6789'])
    expect(await part('bytes=99-')).toEqual([416, 'bytes */14', ''])
    expect((await part('bytes=0-1,4-5'))[0]).toBe(200)
    expect((await part('bytes=4-2'))[0]).toBe(200)
    expect((await part('bytes=4-6', { 'if-range': '"old"' }))[0]).toBe(200)
  })

  it('answer HEAD without a body', async () => {
    const url = await listening()
    const head = await fetch(url, { method: 'HEAD' })
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '19', ''])
  })

  it('lie at the base of the client', async () => {
    const url = await listening(", base: '/app/', spa: true")
    const textOf = async (path: string) => (await fetch(url + path, { headers: PAGE })).text()
    expect(await textOf('/app/')).toBe('<title>page</title>')
    expect(await textOf('/app/about')).toBe('<title>about</title>')
    expect(await textOf('/')).toBe('service: GET /')
    expect(await textOf('/about')).toBe('service: GET /about')
    expect(await textOf('/app/none')).toBe('<title>page</title>')
    expect(await textOf('/none')).toBe('service: GET /none')
  })

  it('never stand before what a bento answers itself', async () => {
    const url = await listening('', undefined, {
      'client/healthz.html': 'x',
      'client/readyz': 'x',
      'client/metrics': 'x',
    })
    expect(await (await fetch(`${url}/healthz`)).text()).toBe('\n')
    expect(await (await fetch(`${url}/readyz`)).text()).toBe('\n')
    expect(await (await fetch(`${url}/metrics`)).text()).not.toBe('x')
  })
})

describe('what is no file of the client', () => {
  it('is never reached by a path', async () => {
    const url = await listening()
    const paths = [
      '/../secret.txt',
      '/assets/../../secret.txt',
      '/%2e%2e/secret.txt',
      '/..%2fsecret.txt',
      '/..%5csecret.txt',
      '//etc/passwd',
      '/assets/%00',
      '/%',
      'http://x/../secret.txt',
    ]
    for (const path of paths) {
      const answer = await raw(url, `GET ${path}`)
      expect([path, answer.includes('outside') || answer.includes('root:')]).toEqual([path, false])
    }
    expect(await raw(url, 'GET http://x/about')).toContain('<title>about</title>')
  })

  it('is hidden by its dot', async () => {
    const url = await listening()
    for (const path of ['/.env', '/.vite/manifest.json', '/%2eenv']) {
      expect(await (await fetch(url + path)).text()).toMatch(/^service: GET /)
    }
  })

  it('is not reached through a link', async () => {
    const elsewhere = scratchFolder()
    writeFileSync(join(elsewhere, 'data.txt'), 'elsewhere')
    const folder = await handlerFolder({
      ...CLIENT,
      'server.js': launcher(),
      'service.js': SERVICES['a fetch handler'] as string,
    })
    symlinkSync(join(elsewhere, 'data.txt'), join(folder, 'client/outside.txt'))
    symlinkSync(elsewhere, join(folder, 'client/folder'))
    symlinkSync('../secret.txt', join(folder, 'client/beside.txt'))
    symlinkSync('.env', join(folder, 'client/hidden.txt'))
    symlinkSync('about.html', join(folder, 'client/inside.html'))
    const url = await run(folder).listening()
    const textOf = async (path: string) => (await fetch(url + path)).text()
    for (const path of ['/outside.txt', '/folder/data.txt', '/beside.txt', '/hidden.txt']) {
      expect(await textOf(path)).toBe(`service: GET ${path}`)
    }
    expect(await textOf('/inside.html')).toBe('<title>about</title>')
  })
})

it('goes on when a client leaves in the middle of a file', async () => {
  const url = await listening('', undefined, { 'client/large.bin': 'x'.repeat(20_000_000) })
  const controller = new AbortController()
  const response = await fetch(`${url}/large.bin`, { signal: controller.signal })
  await response.body?.getReader().read()
  controller.abort()
  expect((await fetch(`${url}/about`)).status).toBe(200)
})

it('sends a file to its end when the service is told to stop', async () => {
  const size = 50_000_000
  const folder = await handlerFolder({
    ...CLIENT,
    'client/large.bin': 'x'.repeat(size),
    'server.js': launcher(),
    'service.js': SERVICES['a fetch handler'] as string,
  })
  const service = run(folder)
  const reader = (await fetch(`${await service.listening()}/large.bin`)).body?.getReader()
  let received = (await reader?.read())?.value?.length ?? 0
  service.child.kill('SIGTERM')
  for (let part = await reader?.read(); part?.done === false; part = await reader?.read()) received += part.value.length
  expect(received).toBe(size)
  expect(await service.exit).toBe(0)
})

it('says why a client that is not there keeps the service from starting', async () => {
  const folder = await handlerFolder({ 'server.js': launcher(), 'service.js': 'export default () => new Response()' })
  const service = run(folder)
  expect(await service.exit).toBe(1)
  expect(service.errors).toMatch(/ENOENT.*client/)
})
