import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

const SCRIPT = fileURLToPath(new URL('store-worker.js', import.meta.url))
const CLOCK = new URL('fake-clock.js', import.meta.url).href

/** What to make an item of. */
export interface ItemSpec {
  /** Stands in every file. */
  id: string
  files: number
  /** Of each file. */
  bytes: number
}

/** An error as it came over the wire. */
export interface WireError {
  code: string
  message: string
  hint?: string
  /** `code` of the cause. */
  cause?: string
  details?: Record<string, unknown>
  stack: string
}

/** An answer, with the time it took by the machine's monotonic clock, nanoseconds. */
export interface Answer {
  value?: unknown
  error?: WireError
  start: bigint
  end: bigint
}

/** What {@link startWorker} can set. */
export interface WorkerOptions {
  /** User to work as. */
  uid?: number
  /** Milliseconds its wall clock is ahead. */
  clock?: number
}

/** A process that works on stores. */
export class Worker {
  readonly process: ChildProcess
  readonly #waiting = new Map<number, (answer: Answer | undefined) => void>()
  #next = 0

  constructor(child: ChildProcess) {
    this.process = child
    child.on('message', (message: { id: number; start: string; end: string }) => {
      const { id, start, end, ...rest } = message
      this.#waiting.get(id)?.({ ...rest, start: BigInt(start), end: BigInt(end) })
      this.#waiting.delete(id)
    })
    child.on('exit', () => {
      for (const answer of this.#waiting.values()) answer(undefined)
    })
  }

  /** The answer; undefined when the process died before. */
  ask(operation: string, request: Record<string, unknown>): Promise<Answer | undefined> {
    const id = this.#next++
    return new Promise(resolve => {
      this.#waiting.set(id, resolve)
      this.process.send({ id, operation, ...request }, error => {
        if (error !== null) resolve(undefined)
      })
    })
  }

  /** Like {@link ask}; an error or a death is thrown. */
  async get<T>(operation: string, request: Record<string, unknown>): Promise<T> {
    const answer = await this.ask(operation, request)
    if (answer === undefined) throw new Error('the worker died')
    if (answer.error !== undefined) throw new Error(`${answer.error.code}: ${answer.error.stack}`)
    return answer.value as T
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return
    this.process.kill(signal)
    await once(this.process, 'exit')
  }
}

/** Starts one; it is killed when the test ends. */
export async function startWorker(options: WorkerOptions = {}): Promise<Worker> {
  const { uid, clock } = options
  const env = { ...process.env }
  if (uid !== undefined) env.BENTO_TEST_UID = String(uid)
  if (clock !== undefined) env.FAKE_CLOCK = String(clock)
  const execArgv = clock === undefined ? [] : ['--import', CLOCK]
  const child = fork(SCRIPT, { execArgv, env, cwd: '/', stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const worker = new Worker(child)
  // Said at once: a spare one may still be starting when the test ends.
  onTestFinished(() => worker.kill())
  await once(child, 'message')
  return worker
}

/** Starts several at once. */
export function startWorkers(count: number, options?: WorkerOptions): Promise<Worker[]> {
  return Promise.all(Array.from({ length: count }, () => startWorker(options)))
}

/** Numbers in [0, 1) from a seed (mulberry32), so that a failing run can be had again: set BENTO_FAULT_SEED. */
export function seeded(name: string): () => number {
  const seed = Number(process.env.BENTO_FAULT_SEED ?? Date.now() % 1_000_000)
  console.log(`${name}: BENTO_FAULT_SEED=${seed}`)
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

/** A count for CI, times BENTO_FAULT_ROUNDS. */
export function scaled(count: number): number {
  return Math.max(1, Math.round(count * Number(process.env.BENTO_FAULT_ROUNDS ?? 1)))
}
