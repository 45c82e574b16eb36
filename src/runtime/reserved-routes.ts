import { readFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { describe } from './description.js'
import type { RequestWatch } from './running.js'
import { Traffic } from './traffic.js'

const METRICS = '/metrics'
const PROBES = ['/healthz', '/livez', '/readyz']

/** What the bento itself answers, before the service's own routes. */
export interface ReservedRoutes {
  /** Counts a request. */
  watch: RequestWatch
  /** The answer to a request for a reserved route; undefined for every other. */
  answer(request: Pick<IncomingMessage, 'method' | 'url'> | undefined): Response | Promise<Response> | undefined
}

/**
 * The routes that BentoML reserves, too: probes, `/metrics`, and, where the bento describes its service, `/schema.json` (which
 * BentoML's clients ask for first) and `/docs.json`, the OpenAPI document.
 *
 * @param isStopping whether the service has been told to stop: it is ready until then, and live as long as it answers
 */
export function reservedRoutes(isStopping: () => boolean): ReservedRoutes {
  const description = describe(import.meta.url)
  const routes = new Map<string, () => Response | Promise<Response>>()
  for (const path of PROBES) routes.set(path, () => probe(isStopping() && path === '/readyz' ? 503 : 200))
  for (const [path, file] of [
    ['/schema.json', description.schema],
    ['/docs.json', description.openapi],
  ] as const) {
    if (file !== undefined) routes.set(path, () => json(file))
  }
  const traffic = new Traffic(description.paths, routes.keys())
  let page: Promise<() => Promise<Response>> | undefined
  routes.set(METRICS, async () => {
    // Loaded for who asks: its timers and observers cost something, too.
    page ??= import('./metrics-page.js').then(({ metricsPage }) => metricsPage(traffic, description))
    return (await page)()
  })
  return {
    watch(request, response) {
      const path = pathOf(request)
      return path === METRICS ? undefined : traffic.begin(path, response)
    },
    answer(request) {
      if (request === undefined || (request.method !== 'GET' && request.method !== 'HEAD')) return undefined
      return routes.get(pathOf(request))?.()
    },
  }
}

/** The path of a request's URL, as it was sent. */
function pathOf({ url = '' }: Pick<IncomingMessage, 'url'>): string {
  const end = url.indexOf('?')
  return end === -1 ? url : url.slice(0, end)
}

function probe(status: number): Response {
  return new Response('\n', { status, headers: { 'content-type': 'text/plain; charset=utf-8' } })
}

function json(file: string): Response {
  return new Response(readFileSync(file), { headers: { 'content-type': 'application/json' } })
}
