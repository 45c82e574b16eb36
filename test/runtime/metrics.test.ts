import { describe, expect, it } from 'vitest'
import { handlerFolder, run, type ServiceProcess, writeFiles } from './service-process.js'

const MANIFEST = "service: service:Service\nname: iris\nversion: '1e5'\n"

/** A service whose paths are described, running. */
async function started(service: string, files: Record<string, string> = {}): Promise<[string, ServiceProcess]> {
  const folder = await handlerFolder({ 'service.js': service })
  writeFiles(folder, files)
  const running = run(folder)
  return [await running.listening(), running]
}

/** The samples of the metrics page by name and labels, in the order of the labels' names. */
async function metrics(url: string): Promise<Map<string, number>> {
  const response = await fetch(`${url}/metrics`)
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
  const lines = (await response.text()).split('\n').filter(line => line !== '' && !line.startsWith('#'))
  return new Map(
    lines.map(line => {
      const [, name = '', labels = '', value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? []
      return [`${name}{${labels.split(',').sort().join(',')}}`, Number(value)]
    }),
  )
}

const COMMON = 'runner_name="iris",service_name="iris",service_version="1e5"'
const series = (metric: string, endpoint: string, status?: number, le?: string) =>
  `bentoml_service_${metric}{endpoint="${endpoint}",${status === undefined ? '' : `http_response_code="${status}",`}` +
  `${le === undefined ? '' : `le="${le}",`}${COMMON}}`

describe('/metrics', () => {
  it("counts requests by BentoML's names and labels: status, duration, what is in progress", async () => {
    const [url] = await started(
      `let release
       export default async request => {
         const { pathname } = new URL(request.url)
         if (pathname === '/wait') await new Promise(resolve => { release = resolve })
         if (pathname === '/release') release()
         return new Response('', { status: pathname === '/bad' ? 400 : 200 })
       }`,
      {
        'bento.yaml': MANIFEST,
        'apis/openapi.json': '{}',
        'apis/schema.json': JSON.stringify({ paths: { '/wait': {}, '/bad': {}, '/release': {}, '/flowers/{id}': {} } }),
      },
    )
    const before = Date.now() / 1000
    for (const path of ['/bad', '/bad?x=1', '/flowers/7', '/flowers/8', '/flowers/7/petals', '/livez'])
      await fetch(url + path)
    const waiting = fetch(`${url}/wait`)
    await expect.poll(async () => (await metrics(url)).get(series('request_in_progress', '/wait'))).toBe(1)
    expect(
      [...(await metrics(url)).keys()].filter(name => name.includes('request_total') && name.includes('/wait')),
    ).toEqual([])
    await fetch(`${url}/release`)
    await waiting
    const after = await metrics(url)
    expect(after.get(series('request_in_progress', '/wait'))).toBe(0)
    expect(after.get(series('request_total', '/bad', 400))).toBe(2)
    expect(after.get(series('request_total', '/flowers/{id}', 200))).toBe(2)
    expect(after.get(series('request_total', 'other', 200))).toBe(1)
    expect(after.get(series('request_total', '/livez', 200))).toBe(1)
    expect(after.get(series('request_duration_seconds_count', '/bad', 400))).toBe(2)
    expect(after.get(series('request_duration_seconds_bucket', '/bad', 400, '+Inf'))).toBe(2)
    expect(after.get(series('request_duration_seconds_bucket', '/bad', 400, '180'))).toBe(2)
    expect(after.get(series('request_duration_seconds_sum', '/bad', 400))).toBeLessThan(60)
    const last = after.get(`bentoml_service_last_request_timestamp_seconds{${COMMON}}`)
    expect(last).toBeGreaterThan(before - 1)
    expect(last).toBeLessThan(Date.now() / 1000 + 1)
  })

  it('has the metrics of the process, and answers HEAD', async () => {
    const [url] = await started("export default () => new Response('mine', { status: 418 })")
    const names = [...(await metrics(url)).keys()].map(name => name.replace(/\{.*/, ''))
    for (const name of [
      'process_cpu_seconds_total',
      'process_resident_memory_bytes',
      'nodejs_eventloop_lag_seconds',
      'nodejs_heap_size_used_bytes',
    ]) {
      expect(names).toContain(name)
    }
    expect((await fetch(`${url}/metrics`, { method: 'HEAD' })).status).toBe(200)
    expect((await fetch(`${url}/metrics`, { method: 'POST' })).status).toBe(418)
  })

  it('has a bounded number of labels, however many paths are asked for', async () => {
    const [url] = await started("export default () => new Response('')")
    for (let index = 0; index < 200; index++) await fetch(`${url}/item-${index}`)
    const counted = [...(await metrics(url))].filter(([name]) => name.startsWith('bentoml_service_request_total'))
    expect(counted).toEqual([[expect.stringContaining('endpoint="other"'), 200]])
  })

  it('leaves requests out whose client went away', async () => {
    const [url, service] = await started(
      `export default async (request, { incoming }) => {
         console.log('asked')
         await new Promise(resolve => incoming.socket.once('close', resolve))
         return new Response('')
       }`,
    )
    const leaving = new AbortController()
    const request = fetch(`${url}/slow`, { signal: leaving.signal }).catch(error => error.name)
    await service.printed(/asked/)
    leaving.abort()
    expect(await request).toBe('AbortError')
    await expect
      .poll(async () => [...(await metrics(url))].filter(([name]) => /request_(total|in_progress)/.test(name)))
      .toEqual([])
  })

  it("is an app's own where that is no fetch handler", async () => {
    const [url] = await started(
      "import { createServer } from 'node:http'\nexport default createServer((request, response) => response.end('mine'))",
    )
    for (const path of ['/metrics', '/livez', '/schema.json'])
      expect(await (await fetch(url + path)).text()).toBe('mine')
  })
})
