import { collectDefaultMetrics, type Metric, Registry } from 'prom-client'
import type { Description } from './description.js'
import { type Answers, BUCKETS, type Endpoint, type Traffic } from './traffic.js'

/** BentoML's namespace for its HTTP metrics (`metrics.namespace` in its default configuration). */
const NAMESPACE = 'bentoml_service'

interface Sample {
  metricName?: string
  labels: Record<string, string | number>
  value: number
}

/**
 * The metrics of this process in Prometheus' text format: the traffic, by the names and labels that BentoML gives it
 * (`_internal/server/http/instruments.py`, `RunnerTrafficMetricsMiddleware`), and prom-client's own metrics of the process.
 *
 * @returns answers one request for the page
 */
export function metricsPage(traffic: Traffic, { name, version }: Pick<Description, 'name' | 'version'>) {
  const registry = new Registry()
  const common = { runner_name: name, service_name: name, service_version: version }
  const add = (metric: string, type: string, help: string, samples: (metric: string) => Sample[]): void => {
    const full = `${NAMESPACE}_${metric}`
    // What a registry asks of a metric. Its own classes count by themselves; here the numbers are there already.
    const source = { name: full, get: async () => ({ name: full, help, type, values: samples(full) }) }
    registry.registerMetric(source as unknown as Metric)
  }
  const byStatus = (samplesOf: (answers: Answers, labels: Sample['labels']) => Sample[]) =>
    traffic.endpoints.flatMap(({ path, answers }: Endpoint) =>
      [...answers].flatMap(([status, some]) =>
        samplesOf(some, { endpoint: path, ...common, http_response_code: status }),
      ),
    )
  add('request_total', 'counter', 'Total number of HTTP requests', () =>
    byStatus(({ buckets }, labels) => [{ labels, value: sum(buckets) }]),
  )
  add('request_duration_seconds', 'histogram', 'HTTP request duration in seconds', metric =>
    byStatus((answers, labels) => histogram(metric, answers, labels)),
  )
  add('request_in_progress', 'gauge', 'HTTP requests in progress now', () =>
    traffic.endpoints.map(({ path, inProgress }) => ({ labels: { endpoint: path, ...common }, value: inProgress })),
  )
  add('last_request_timestamp_seconds', 'gauge', 'Timestamp of the last received request', () =>
    traffic.last === undefined ? [] : [{ labels: common, value: traffic.last }],
  )
  collectDefaultMetrics({ register: registry })
  return async () => new Response(await registry.metrics(), { headers: { 'content-type': registry.contentType } })
}

function histogram(metric: string, { buckets, seconds }: Answers, labels: Sample['labels']): Sample[] {
  let atMost = 0
  const bounds = BUCKETS.map((bound, index) => {
    atMost += buckets[index] ?? 0
    return {
      metricName: `${metric}_bucket`,
      labels: { ...labels, le: bound === Infinity ? '+Inf' : bound },
      value: atMost,
    }
  })
  return [
    ...bounds,
    { metricName: `${metric}_sum`, labels, value: seconds },
    { metricName: `${metric}_count`, labels, value: atMost },
  ]
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0)
}
