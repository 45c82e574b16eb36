import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { bentoFolder, handlerFiles, scratchHome, serve, storedBento } from './serve-world.js'

const leftovers = (home: string) => (existsSync(join(home, 'tmp')) ? readdirSync(join(home, 'tmp')) : [])

const PRINT = `
  console.log(JSON.stringify({
    args: process.argv.slice(2), cwd: process.cwd(), path: process.env.BENTO_PATH, home: process.env.BENTOML_HOME,
    port: process.env.PORT, host: process.env.HOST, a: process.env.A, r: process.env.R, b: process.env.B,
  }))`

describe('running a bento', () => {
  it('passes arguments, address, places and variables', async () => {
    const home = scratchHome()
    const envs = [
      { name: 'A', value: 'a', stage: 'all' },
      { name: 'R', value: 'r', stage: 'runtime' },
      { name: 'B', value: 'b', stage: 'build' },
      { name: 'PORT', value: '8080', stage: 'all' },
    ]
    const bento = bentoFolder({ files: { 'server.js': PRINT }, envs })
    const args = ['--model', 'a b', '$HOME', '"', '-p']
    const service = serve({ bento, home, args, host: '127.0.0.1' }, { R: 'mine' })
    expect(await service.exit, service.output).toBe(0)
    const seen = JSON.parse(service.output)
    expect(seen).toMatchObject({ args, path: bento, home, port: '8080', host: '127.0.0.1', a: 'a', r: 'mine' })
    expect(seen.b).toBeUndefined()
    const other = serve({ bento, home, port: 0 }, { PORT: '1', HOST: 'mine' })
    await other.exit
    expect(JSON.parse(other.output)).toMatchObject({ port: '0', host: 'mine' })
    expect(leftovers(home)).toEqual([])
  })

  it('a handler answers; SIGTERM ends it with 0', async () => {
    const home = scratchHome()
    const service = "export default request => new Response('you asked ' + new URL(request.url).pathname)"
    await storedBento(home, { files: await handlerFiles(service) })
    const running = serve({ bento: 'served:latest', home, port: 0, host: '127.0.0.1' })
    const url = await running.listening()
    expect(await (await fetch(`${url}/x`)).text()).toBe('you asked /x')
    expect((await fetch(`${url}/readyz`)).status).toBe(200)
    running.child.kill('SIGTERM')
    if (process.platform !== 'win32') expect(await running.exit).toBe(0)
  })

  it.skipIf(process.platform === 'win32')('lets a request in flight finish before it ends', async () => {
    const home = scratchHome()
    const source = `
      export default async request => {
        if (request.url.endsWith('/slow')) { console.log('slow begun'); await new Promise(resolve => setTimeout(resolve, 500)) }
        return new Response('done')
      }`
    const bento = bentoFolder({ files: await handlerFiles(source) })
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      const running = serve({ bento, home, port: 0, host: '127.0.0.1' })
      const slow = fetch(`${await running.listening()}/slow`)
      await running.printed(/slow begun/)
      running.child.kill(signal)
      expect(await (await slow).text()).toBe('done')
      expect(await running.exit).toBe(0)
    }
    expect(leftovers(home)).toEqual([])
  })

  it('a program is the main module, and its guard holds', async () => {
    const home = scratchHome()
    const bento = bentoFolder({
      files: {
        'server.js': `
          import { fileURLToPath } from 'node:url'
          import { createServer } from 'node:http'
          if (process.argv[1] === fileURLToPath(import.meta.url) && process.argv[1] === import.meta.filename) {
            const server = createServer((request, response) => response.end('guarded'))
            server.listen(Number(process.argv[2]), '127.0.0.1', () => console.log('Listening on http://127.0.0.1:' + server.address().port))
          }`,
      },
    })
    const running = serve({ bento, home, args: ['0'] })
    expect(await (await fetch(await running.listening())).text()).toBe('guarded')
  })

  it('a CommonJS guard holds, too', async () => {
    const home = scratchHome()
    const files = {
      'server.js': "if (require.main === module) console.log('main', require('node:path').basename(__dirname))",
    }
    const service = serve({ bento: bentoFolder({ files, packageJson: { type: 'commonjs' } }), home })
    expect(await service.exit, service.output).toBe(0)
    expect(service.output).toContain('main src')
  })

  it('passes on the exit code, and a signal as shells count it', async () => {
    const home = scratchHome()
    const files = {
      'server.js': "if (process.argv[2] === 'die') process.kill(process.pid, 'SIGKILL'); else process.exit(7)",
    }
    const bento = bentoFolder({ files })
    expect(await serve({ bento, home }).exit).toBe(7)
    if (process.platform !== 'win32') expect(await serve({ bento, home, args: ['die'] }).exit).toBe(137)
    expect(leftovers(home)).toEqual([])
  })

  it('runs what a folder holds now, and a stored bento from a copy that stays', async () => {
    const home = scratchHome()
    const bento = bentoFolder({ files: { 'server.js': "console.log('one')" } })
    expect((await ended(serve({ bento, home }))).output).toBe('one\n')
    bentoFolder({ files: { 'server.js': "console.log('two')" } }, bento)
    expect((await ended(serve({ bento, home }))).output).toBe('two\n')
    await storedBento(home, { files: { 'server.js': 'console.log(process.cwd())' } })
    const first = (await ended(serve({ bento: 'served', home }))).output
    expect((await ended(serve({ bento: 'served', home }))).output).toBe(first)
  })

  it('two bentos with equal locks run side by side', async () => {
    const home = scratchHome()
    const running = await Promise.all(
      ['one', 'two'].map(async name => {
        const bento = bentoFolder({ files: await handlerFiles(`export default () => new Response('${name}')`) })
        return serve({ bento, home, port: 0, host: '127.0.0.1' })
      }),
    )
    const answers = running.map(async service => (await fetch(await service.listening())).text())
    expect(await Promise.all(answers)).toEqual(['one', 'two'])
    expect(readdirSync(join(home, 'envs'))).toHaveLength(1)
  })
})

describe('what cannot be served', () => {
  it('a taken port: one line and exit code 1', async () => {
    const home = scratchHome()
    const other = createServer().listen(0, '127.0.0.1')
    onTestFinished(() => void other.close())
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    const bento = bentoFolder({ files: await handlerFiles('export default () => new Response()') })
    const service = serve({ bento, home, port, host: '127.0.0.1' })
    expect(await service.exit).toBe(1)
    expect(service.errors).toBe(`Port ${port} on 127.0.0.1 is in use already. Set PORT to a free one.\n`)
    expect(leftovers(home)).toEqual([])
  })

  it.each<[string, (home: string) => unknown, RegExp]>([
    ['an unknown tag', () => 'nothing:v1', /^TAG_NOT_FOUND: /],
    ['no tag', () => 'not a tag', /^TAG_INVALID: /],
    ['a folder without manifest', home => home, /^SERVE_FAILED: .* holds no bento\.yaml/],
    [
      'a Python bento',
      () => bentoFolder({ files: { 'service.py': '' } }),
      /^SERVE_FAILED: served:v1 is no Node bento: it has no src\/server\.js/,
    ],
    [
      'another Node',
      () => bentoFolder({ files: { 'server.js': '' }, packageJson: { engines: { node: '>=99' } } }),
      /^ENGINE_MISMATCH: served:v1 needs Node >=99, and this is Node /,
    ],
    [
      'dependencies without a lock',
      () => bentoFolder({ files: { 'server.js': '' }, packageJson: { dependencies: { ms: '2' } } }),
      /^LOCK_MISSING: /,
    ],
    [
      'a lock that reaches outside',
      () =>
        bentoFolder({
          files: { 'server.js': '' },
          packages: { 'node_modules/x': { link: true, resolved: '../../x' } },
        }),
      /^LOCK_INVALID: /,
    ],
  ])('%s', async (_title, bento, says) => {
    const home = scratchHome()
    const service = serve({ bento: bento(home), home })
    expect(await service.exit).toBe(70)
    expect(service.errors).toMatch(says)
    expect(existsSync(join(home, 'envs'))).toBe(false)
    expect(leftovers(home)).toEqual([])
  })
})

async function ended(service: ReturnType<typeof serve>) {
  expect(await service.exit, service.output).toBe(0)
  return service
}
