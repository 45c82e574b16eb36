import { once } from 'node:events'
import { expect, it, onTestFinished } from 'vitest'
import { scratchHome } from '../support/home.js'
import { describeNeeding } from '../support/needs.js'
import { buildWith, makeProject } from '../support/project.js'
import { startPython } from '../support/python.js'
import { serve } from '../support/served.js'
import { bentomlPython, proxyMissing, startBentoml } from './peer.js'

const json = (schema: unknown) => ({ content: { 'application/json': { schema } } })
const ok = (content: object) => ({ 200: { description: 'fine', content } })

const OPENAPI = {
  openapi: '3.1.0',
  info: { title: 'Callable', version: '1.0.0' },
  paths: {
    '/sum': {
      post: {
        operationId: 'sum',
        description: 'Adds numbers.',
        requestBody: json({ $ref: '#/components/schemas/Sum' }),
        responses: ok(
          json({ type: 'object', properties: { total: { type: 'number' }, unit: { type: 'string' } } }).content,
        ),
      },
    },
    '/v1/mean-of': {
      post: {
        requestBody: json({ type: 'array', items: { type: 'number' } }),
        responses: ok(json({ type: 'number' }).content),
      },
    },
    '/quote': {
      post: {
        operationId: 'quote',
        requestBody: json({ properties: { text: { type: 'string' } } }),
        responses: ok(json({ type: 'string' }).content),
      },
    },
    '/shout': {
      post: {
        operationId: 'shout',
        requestBody: json({ properties: { text: { type: 'string' } } }),
        responses: ok({ 'text/plain': {} }),
      },
    },
    '/bytes': { post: { operationId: 'raw', responses: ok({ 'application/octet-stream': {} }) } },
    '/count': {
      post: {
        operationId: 'count',
        requestBody: json({ properties: { to: { type: 'integer' } } }),
        responses: ok({ 'text/event-stream': {} }),
      },
    },
    '/measure': {
      post: {
        operationId: 'measure',
        requestBody: {
          content: {
            'multipart/form-data': {
              schema: { properties: { file: { type: 'string', format: 'binary' }, note: { type: 'string' } } },
            },
          },
        },
        responses: ok(json({ type: 'object' }).content),
      },
    },
    '/fail': {
      post: { operationId: 'fail', requestBody: json({ properties: { status: { type: 'integer' } } }), responses: {} },
    },
    '/nothing': { post: { operationId: 'nothing', responses: { 204: { description: 'done' } } } },
    '/flowers/{id}': { get: { operationId: 'flower' } },
  },
  components: {
    schemas: {
      Sum: {
        type: 'object',
        required: ['numbers'],
        properties: { numbers: { type: 'array', items: { type: 'number' } }, unit: { type: 'string' } },
      },
    },
  },
}

const SERVICE = `
export const openapi = ${JSON.stringify(OPENAPI)}
const add = numbers => numbers.reduce((a, b) => a + b, 0)
const routes = {
  '/sum': async r => { const { numbers, unit = 'cm' } = await r.json(); return Response.json({ total: add(numbers), unit }) },
  '/v1/mean-of': async r => { const numbers = await r.json(); return Response.json(add(numbers) / numbers.length) },
  '/quote': async r => Response.json((await r.json()).text),
  '/shout': async r => new Response((await r.json()).text.toUpperCase()),
  '/bytes': () => new Response(Uint8Array.of(0, 255)),
  '/count': async r => {
    const { to } = await r.json()
    const numbers = Array.from({ length: to }, (_, index) => String(index))
    return new Response(numbers.join(' '), { headers: { 'content-type': 'text/event-stream' } })
  },
  '/measure': async r => {
    const form = await r.formData()
    const file = form.get('file')
    return Response.json({ name: file.name, size: (await file.arrayBuffer()).byteLength, note: form.get('note') })
  },
  '/fail': async r => { const { status } = await r.json(); return new Response('status ' + status, { status }) },
  '/nothing': () => new Response(null, { status: 204 }),
}
export default request => routes[new URL(request.url).pathname]?.(request) ?? new Response('no such route', { status: 404 })
`

/** BentoML's own client; an answer is what a call returns, or the exception with what it says. */
const PROGRAM = `
import bentoml, pathlib
client = None
def answer(question):
    global client
    if "url" in question:
        client = bentoml.SyncHTTPClient(question["url"])
        return {name: endpoint.doc for name, endpoint in client.endpoints.items()}
    if "file" in question:
        question["kwargs"]["file"] = pathlib.Path(question["file"])
    try:
        result = getattr(client, question["call"])(*question.get("args", []), **question.get("kwargs", {}))
        return "".join(result) if question.get("stream") else list(result) if isinstance(result, bytes) else result
    except bentoml.exceptions.BentoMLException as error:
        return [type(error).__name__, int(error.error_code), str(error)]
`

/** The service in a store of its own, and a file to send it. */
async function built(): Promise<{ home: string; file: string }> {
  const home = scratchHome()
  const project = makeProject({ files: { 'src/service.js': SERVICE, 'data.bin': 'five!' } })
  await buildWith('vite8', project, { home, options: { service: 'src/service.js', name: 'callable' } })
  return { home, file: project.path('data.bin') }
}

/** BentoML's client of the service at `url`. */
async function clientOf(url: string) {
  const python = startPython(bentomlPython as string, PROGRAM)
  onTestFinished(() => python.close())
  const docs = await python.ask({ url })
  const call = (name: string, kwargs: object = {}, more: object = {}) => python.ask({ call: name, kwargs, ...more })
  return { docs, call }
}

/** Runs `bento serve`. */
async function served(home: string): Promise<string> {
  const { url, stop } = await serve('callable', { home, probe: '/livez' })
  onTestFinished(async () => void (await stop()))
  return url
}

/** Runs BentoML's own `bentoml serve`. */
async function servedByPython(home: string): Promise<string> {
  const { url, child } = await startBentoml('callable', {
    ...process.env,
    BENTOML_HOME: home,
    BENTOML_DO_NOT_TRACK: 'True',
  })
  onTestFinished(async () => {
    const ended = once(child, 'close')
    child.kill('SIGTERM')
    await ended
  })
  return url
}

describeNeeding(proxyMissing, "BentoML's HTTP client", () => {
  it('has a method for each route that it can call, and gets what the service answers', async () => {
    const { home, file } = await built()
    const { docs, call } = await clientOf(await served(home))
    expect(docs).toEqual({
      sum: 'Adds numbers.',
      ...Object.fromEntries(
        ['v1_mean_of', 'quote', 'shout', 'raw', 'count', 'measure', 'fail', 'nothing'].map(name => [name, null]),
      ),
    })
    expect(await call('sum', { numbers: [1, 2.5], unit: 'mm' })).toEqual({ total: 3.5, unit: 'mm' })
    expect(await call('sum', {}, { args: [[1, 2]] })).toEqual({ total: 3, unit: 'cm' })
    expect(await call('v1_mean_of', {}, { args: [[1, 2]] })).toBe(1.5)
    expect(await call('quote', { text: 'hé' })).toBe('hé')
    expect(await call('shout', { text: 'hé' })).toBe('HÉ')
    expect(await call('raw')).toEqual([0, 255])
    expect(await call('count', { to: 3 }, { stream: true })).toBe('0 1 2')
    expect(await call('measure', { note: 'n' }, { file })).toEqual({ name: 'data.bin', size: 5, note: '"n"' })
    expect(await call('nothing')).toEqual({})
  })

  it('raises its exceptions for the statuses of errors, with the text of the answer', async () => {
    const { home } = await built()
    const { call } = await clientOf(await served(home))
    for (const [status, name] of [
      [400, 'InvalidArgument'],
      [404, 'NotFound'],
      [422, 'UnprocessableEntity'],
      [500, 'BentoMLException'],
      [503, 'ServiceUnavailable'],
    ]) {
      expect(await call('fail', { status })).toEqual([name, status, `status ${status}`])
    }
  })

  it('has the same methods where Python serves the bento', async () => {
    const { home } = await built()
    const { call } = await clientOf(await servedByPython(home))
    expect(await call('sum', { numbers: [1, 2.5] })).toEqual({ total: 3.5, unit: 'cm' })
    expect(await call('fail', { status: 422 })).toEqual(['UnprocessableEntity', 422, 'status 422'])
  })
})
