import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { handlerFolder, run } from './service-process.js'

/** `POST /slow` says `slow begun`, and answers once the request's body has come. */
const SLOW: Record<string, string> = {
  'a fetch handler': `
    export default async request => {
      if (request.url.endsWith('/slow')) console.log('slow begun')
      return new Response('got ' + (await request.text()))
    }`,
  Express: `
    import express from 'express'
    export default express().use(async (request, response) => {
      if (request.url === '/slow') console.log('slow begun')
      let body = ''
      for await (const part of request) body += part
      response.send('got ' + body)
    })`,
  Fastify: `
    import fastify from 'fastify'
    const app = fastify()
    app.addHook('onRequest', async request => { if (request.url === '/slow') console.log('slow begun') })
    app.get('/livez', async () => '')
    app.post('/slow', async request => 'got ' + request.body)
    export default app`,
}

describe.skipIf(process.platform === 'win32')('a signal', () => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it.each(Object.keys(SLOW))(`${signal} lets requests in flight finish: %s`, async name => {
      // A pool or timer of the service's own must not keep it alive.
      const service = run(await handlerFolder({ 'service.js': `setInterval(() => {}, 1000)\n${SLOW[name]}` }))
      const url = await service.listening()
      const slow = await begin(url, post('/slow', 'da'))
      await service.printed(/slow begun/)
      service.child.kill(signal)
      await refused(url)
      expect(await slow.end('ta')).toMatch(/^HTTP\/1.1 200 [\s\S]*connection: close[\s\S]*got data/i)
      expect(await service.exit).toBe(0)
    })
  }

  it('turns readyz to 503 while requests are in flight; livez stays 200', async () => {
    const service = run(await handlerFolder({ 'service.js': SLOW['a fetch handler'] as string }))
    const url = await service.listening()
    const slow = await begin(url, post('/slow', 'da'))
    const ready = await begin(url, 'GET /readyz HTTP/1.1\r\nhost: x\r\n')
    const live = await begin(url, 'GET /livez HTTP/1.1\r\nhost: x\r\n')
    await service.printed(/slow begun/)
    // What was sent before this answer has been seen by then.
    await (await fetch(`${url}/livez`)).text()
    service.child.kill('SIGTERM')
    await refused(url)
    expect(await ready.end('\r\n')).toMatch(/^HTTP\/1.1 503 /)
    expect(await live.end('\r\n')).toMatch(/^HTTP\/1.1 200 /)
    expect(await slow.end('ta')).toMatch(/got data/)
    expect(await service.exit).toBe(0)
  })

  it('sent twice at once counts as one', async () => {
    const service = run(await handlerFolder({ 'service.js': SLOW['a fetch handler'] as string }))
    const url = await service.listening()
    const slow = await begin(url, post('/slow', 'da'))
    await service.printed(/slow begun/)
    service.child.kill('SIGINT')
    service.child.kill('SIGTERM')
    await refused(url)
    expect(await slow.end('ta')).toMatch(/got data/)
    expect(await service.exit).toBe(0)
  })

  it('leaves the end to a handler of the service', async () => {
    const folder = await handlerFolder({
      'service.js': `
        process.on('SIGTERM', () => setTimeout(() => { console.log('pool closed'); process.exit(3) }, 100))
        export default () => new Response()`,
    })
    const service = run(folder)
    await service.listening()
    service.child.kill('SIGTERM')
    expect(await service.exit).toBe(3)
    expect(service.output).toContain('pool closed')
  })
})

/** A request of four bytes of body. */
function post(path: string, begun: string): string {
  return `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-type: text/plain\r\ncontent-length: 4\r\n\r\n${begun}`
}

/** Sends the beginning of a request on a connection of its own. */
async function begin(url: string, text: string) {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  socket.setEncoding('utf8')
  let answer = ''
  socket.on('data', part => (answer += part))
  await once(socket, 'connect')
  socket.write(text)
  return {
    /** Sends the rest; the whole answer, once the server has closed the connection. */
    async end(rest: string): Promise<string> {
      socket.write(rest)
      await once(socket, 'close')
      return answer
    },
  }
}

/** Waits until nothing accepts connections there any more. */
async function refused(url: string): Promise<void> {
  for (;;) {
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    const error = await Promise.race([once(socket, 'connect').then(() => undefined), once(socket, 'error')]).catch(
      e => e,
    )
    socket.destroy()
    if (error !== undefined) return
  }
}
