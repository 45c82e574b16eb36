import type { ServerResponse } from 'node:http'

/** Upper bounds of the duration histogram in seconds: BentoML's own (`_internal/utils/metrics.py`, `DEFAULT_BUCKET`). */
export const BUCKETS = [
  0.005,
  0.01,
  0.025,
  0.05,
  0.1,
  0.25,
  0.5,
  1,
  2.5,
  5,
  10,
  30,
  60,
  120,
  180,
  Number.POSITIVE_INFINITY,
]

/** What paths count as that no description names: their number has no bound. */
const OTHER = 'other'

/** The answers of one endpoint with one status. */
export interface Answers {
  /** How many took at most `BUCKETS[i]`, but longer than the bound before. */
  buckets: number[]
  /** Seconds that all took together. */
  seconds: number
}

/** What is counted of one endpoint. */
export interface Endpoint {
  path: string
  inProgress: number
  /** By HTTP status. */
  answers: Map<number, Answers>
}

/**
 * Counts requests with as little work as can be on their way: plain numbers, which the metrics page makes labelled
 * series of when it is asked for.
 */
export class Traffic {
  /** Unix time of the last request other than those for probes, in seconds; undefined before the first. */
  #last: number | undefined
  readonly #known = new Map<string, Endpoint>()
  readonly #templates: { pattern: RegExp; endpoint: Endpoint }[] = []
  readonly #other = newEndpoint(OTHER)
  readonly #quiet: ReadonlySet<Endpoint>

  /**
   * @param paths those of the service, which become labels; a template such as `/flowers/{id}` is one label
   * @param quiet reserved paths, which are labels too, but don't count as use of the service
   */
  constructor(paths: readonly string[], quiet: Iterable<string>) {
    for (const path of paths) this.#name(path)
    this.#quiet = new Set([...quiet].map(path => this.#name(path)))
  }

  get last(): number | undefined {
    return this.#last === undefined ? undefined : (performance.timeOrigin + this.#last) / 1000
  }

  /** All that were asked for. */
  get endpoints(): Endpoint[] {
    return [...this.#known.values(), this.#other].filter(
      ({ inProgress, answers }) => inProgress > 0 || answers.size > 0,
    )
  }

  /** Counts a request from now on; the returned function is to be called once its answer is sent or given up. */
  begin(path: string, response: ServerResponse): () => void {
    const endpoint = this.#endpointOf(path)
    const start = performance.now()
    if (!this.#quiet.has(endpoint)) this.#last = start
    endpoint.inProgress++
    return () => {
      endpoint.inProgress--
      // Like BentoML: a request whose client went away before the answer was whole has no status to count by.
      if (response.writableFinished) add(endpoint, response.statusCode, (performance.now() - start) / 1000)
    }
  }

  #name(path: string): Endpoint {
    const endpoint = newEndpoint(path)
    this.#known.set(path, endpoint)
    if (path.includes('{')) this.#templates.push({ pattern: patternOf(path), endpoint })
    return endpoint
  }

  #endpointOf(path: string): Endpoint {
    const exact = this.#known.get(path)
    return exact ?? this.#templates.find(({ pattern }) => pattern.test(path))?.endpoint ?? this.#other
  }
}

function newEndpoint(path: string): Endpoint {
  return { path, inProgress: 0, answers: new Map() }
}

function add(endpoint: Endpoint, status: number, seconds: number): void {
  let answers = endpoint.answers.get(status)
  if (answers === undefined) {
    answers = { buckets: BUCKETS.map(() => 0), seconds: 0 }
    endpoint.answers.set(status, answers)
  }
  const bucket = BUCKETS.findIndex(bound => seconds <= bound)
  answers.buckets[bucket] = (answers.buckets[bucket] ?? 0) + 1
  answers.seconds += seconds
}

/** OpenAPI's path templates: a parameter holds anything but a slash. */
function patternOf(template: string): RegExp {
  const parts = template.split(/\{[^}]*\}/).map(part => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
  return new RegExp(`^${parts.join('[^/]+')}$`)
}
