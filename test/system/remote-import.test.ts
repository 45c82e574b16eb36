import { readFileSync } from 'node:fs'
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { addressProblem } from '../../src/transfer/remote/address.js'
import { redirected, shownUrl } from '../../src/transfer/remote/remote-url.js'
import { bento } from '../support/cli.js'
import { scratchFolder } from '../support/home.js'
import { oddBento, refusal, storesOf, type World, world } from '../transfer/world.js'

// F31

let source: World
let archive: Buffer
let model: Buffer

/** Exports a bento with its models, and one of the models: what the servers below give away. */
async function exportBoth(): Promise<void> {
  source = world()
  await oddBento(source)
  const out = scratchFolder()
  await source.bentos.exportBento('svc:b1', join(out, 'svc.bento'))
  await source.models.exportModel('odd:v1', join(out, 'odd.tar'))
  archive = readFileSync(join(out, 'svc.bento'))
  model = readFileSync(join(out, 'odd.tar'))
}

/** A server on loopback; gone when the test ends. @returns its origin */
async function serve(listener: RequestListener): Promise<string> {
  const server: Server = createServer(listener)
  server.listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const whole = (response: ServerResponse, body = archive) => {
  response.setHeader('content-length', body.length)
  response.end(body)
}

describe('an archive behind a URL', () => {
  test('is imported as a file is, models and all', async () => {
    await exportBoth()
    const origin = await serve((_request, response) => whole(response))
    const stores = world()
    const { tag, notes, models } = await stores.bentos.importBento(`${origin}/svc.bento`)
    expect({ tag: String(tag), notes, models: models.length }).toEqual({ tag: 'svc:b1', notes: [], models: 3 })
    expect(storesOf(stores)).toEqual(storesOf(source))
  })

  test('comes without a length, as a URL object, behind redirects and from a server that is busy at first', async () => {
    await exportBoth()
    let asked = 0
    const origin = await serve((request, response) => {
      if (request.url === '/start') response.writeHead(302, { location: '/busy' }).end()
      else if (asked++ === 0) response.writeHead(503).end()
      else {
        response.write(model.subarray(0, 100))
        response.end(model.subarray(100))
      }
    })
    const { tag } = await world().models.importModel(new URL('/start', origin))
    expect(String(tag)).toBe('odd:v1')
    expect(asked).toBe(2)
  })

  test('is fetched with the user and password of its URL, which its own host alone gets, and nobody sees', async () => {
    const seen: unknown[] = []
    const other = await serve((request, response) => {
      seen.push(request.headers.authorization)
      response.writeHead(404).end()
    })
    const origin = await serve((request, response) => {
      seen.push(request.headers.authorization)
      response.writeHead(302, { location: request.url?.startsWith('/a') ? '/b' : `${other}/c?key=secret2` }).end()
    })
    const url = `${origin.replace('://', '://zoe7:secret0@')}/a?key=secret1`
    const error = await refusal(world(), () => world().models.importModel(url))
    const basic = `Basic ${Buffer.from('zoe7:secret0').toString('base64')}`
    expect(seen).toEqual([basic, basic, undefined])
    expect(error).toMatchObject({ code: 'REMOTE_FAILED' })
    expect(String(error)).toContain(`${other}/c?… cannot be read: its server answers with status 404`)
    expect(JSON.stringify([error, String(error), (error as Error).stack])).not.toMatch(/secret|zoe7/)
  })

  test('is imported by the command line, which says in one line what is wrong with another', async () => {
    await exportBoth()
    const origin = await serve((request, response) => {
      if (request.url === '/odd.tar') whole(response, model)
      else response.writeHead(404).end()
    })
    const { home } = world()
    expect(await bento(['models', 'import', `${origin}/odd.tar`], { home })).toEqual({
      stdout: 'Model(tag="odd:v1") imported.\n',
      stderr: '',
      code: 0,
    })
    const { stderr, code } = await bento(['models', 'import', `${origin}/no.tar?token=secret`], { home })
    expect(code).toBe(1)
    expect(stderr).toContain(`error [REMOTE_FAILED]: ${origin}/no.tar?… cannot be read`)
    expect(stderr).not.toContain('secret')
  })
})

describe('a download that goes wrong leaves nothing', () => {
  const parts: Record<string, [RequestListener, RegExp]> = {
    'cut after some bytes': [
      (_request, response) => {
        response.setHeader('content-length', archive.length)
        response.write(archive.subarray(0, 1000), () => response.destroy())
      },
      /broke off after \d+ of \d+ bytes/,
    ],
    'cut where no length was said': [
      (_request, response) => response.write(archive.subarray(0, 1000), () => response.destroy()),
      /broke off after \d+ bytes/,
    ],
    'longer announced than it is': [
      (_request, response) => {
        response.writeHead(200, { 'content-length': archive.length + 10, connection: 'close' })
        response.write(archive, () => response.socket?.end())
      },
      /broke off after \d+ of \d+ bytes/,
    ],
    'a part, unasked': [(_request, response) => response.writeHead(206).end(archive), /status 206/],
    forbidden: [(_request, response) => response.writeHead(403).end(), /status 403.* may be read/],
    'a server that stays busy': [(_request, response) => response.writeHead(503).end(), /status 503/],
    'a loop of redirects': [
      (_request, response) => response.writeHead(301, { location: '/' }).end(),
      /redirects more than 5 times/,
    ],
    'a redirect to a file': [
      (_request, response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
      /"file" is not followed/,
    ],
    'a redirect to where clouds keep credentials': [
      (_request, response) => response.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data' }).end(),
      /link-local/,
    ],
    'a packing that nobody asked for': [
      (_request, response) => response.writeHead(200, { 'content-encoding': 'br' }).end(archive),
      /packs it in "br"/,
    ],
    'a stall before the answer': [() => {}, /there was no answer within 0.3 s/],
    'a stall in the middle': [
      (_request, response) => void response.write(archive.subarray(0, 1000)),
      /less than 64 KiB came in 0.3 s/,
    ],
    'a drip that never ends': [
      (_request, response) => {
        const drip = setInterval(() => response.write('x'), 20)
        response.once('close', () => clearInterval(drip))
      },
      /less than 64 KiB came in 0.3 s|is no archive|not known/,
    ],
  }

  test.each(Object.entries(parts))('%s', async (_what, [listener, said]) => {
    await exportBoth()
    const origin = await serve(listener)
    const stores = world()
    const remote = { idleTimeout: 300 }
    const error = await refusal(stores, () => stores.bentos.importBento(`${origin}/`, { remote }))
    expect(error).toMatchObject({ code: expect.stringMatching(/REMOTE_FAILED|FORMAT_UNKNOWN/) })
    expect(String(error)).toMatch(said)
  })

  test('nobody listens', async () => {
    const stores = world()
    const error = await refusal(stores, () => stores.models.importModel('http://127.0.0.1:1/x'))
    expect(error).toMatchObject({ code: 'REMOTE_FAILED', reason: /ECONNREFUSED/ })
  })

  test('this machine, where that is not allowed, by address, by name and behind a redirect', async () => {
    await exportBoth()
    let asked = 0
    const origin = await serve((_request, response) => {
      asked++
      whole(response)
    })
    for (const host of ['127.0.0.1', 'localhost', '[::ffff:127.0.0.1]', '2130706433', '0x7f.1']) {
      const stores = world()
      const url = origin.replace('127.0.0.1', host)
      const options = { remote: { allowPrivate: false } }
      const error = await refusal(stores, () => stores.models.importModel(url, options))
      expect(error, host).toMatchObject({ code: 'REMOTE_FAILED', reason: /a private address/ })
    }
    expect(asked).toBe(0)
  })

  test('broken off by a signal', async () => {
    await exportBoth()
    const controller = new AbortController()
    const origin = await serve((_request, response) => {
      response.write(archive.subarray(0, 1000))
      controller.abort(new Error('enough'))
    })
    const stores = world()
    const { signal } = controller
    const error = await refusal(stores, () => stores.models.importModel(`${origin}/`, { signal }))
    expect(error).toMatchObject({ message: 'enough' })
  })

  test.each([0, -1, 1.5, Number.NaN, 'soon'])('a time of %j is no time', async idleTimeout => {
    const remote = { idleTimeout: idleTimeout as number }
    await expect(world().models.importModel('http://127.0.0.1:1/x', { remote })).rejects.toMatchObject({
      code: 'OPTION_INVALID',
    })
  })
})

describe('the rules of redirects and addresses', () => {
  test.each([
    ['https://a.example/x', 'http://a.example/x', 'it leads from https to http'],
    ['http://a.example/x', 'ftp://a.example/x', '"ftp" is not followed'],
    ['http://a.example/x', 'http://[', 'that is no URL'],
  ])('%s to %s is not followed', (from, to, problem) => {
    expect(redirected(new URL(from), to)).toEqual({ problem })
  })

  test('from http to https, or relative, is followed', () => {
    expect(redirected(new URL('http://a.example/x/y'), 'https://b.example/')).toEqual({
      to: new URL('https://b.example/'),
    })
    expect(redirected(new URL('http://a.example/x/y'), '../z')).toEqual({ to: new URL('http://a.example/z') })
  })

  test.each(['169.254.169.254', '::ffff:169.254.1.1', 'fe80::1', 'fd00:ec2::254'])('%s is never reached', address => {
    expect(addressProblem(address, true)).toContain('link-local')
  })

  test.each([
    '10.1.2.3',
    '172.31.0.1',
    '192.168.1.1',
    '127.9.9.9',
    '::1',
    '::',
    'fd12::1',
    '::ffff:10.0.0.1',
    '0.0.0.0',
  ])('%s is private', address => {
    expect(addressProblem(address, false)).toContain('private')
    expect(addressProblem(address, true)).toBeUndefined()
  })

  test.each(['1.1.1.1', '172.32.0.1', '2606:4700::1111'])('%s is anyone’s', address => {
    expect(addressProblem(address, false)).toBeUndefined()
  })

  test('a URL is shown without what may be secret in it', () => {
    expect(shownUrl(new URL('https://u:p@h.example:8443/a%20b?sig=1#f'))).toBe('https://h.example:8443/a%20b?…')
  })
})
