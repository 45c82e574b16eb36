import { Worker } from 'node:worker_threads'
import { BentoError } from '../../core/errors.js'
import { visible } from '../../core/text.js'
import type { Chunks } from '../bytes.js'
import { workerFile } from '../worker-file.js'
import type { FromXzWorker, ToXzWorker } from '../xz-worker.js'
import { type XzProblem, xzError } from './errors.js'

/** Most that is sent to the thread at once. */
const MOST_INPUT = 1024 * 1024

/** What the codes of xz-embedded mean (`xz.h`, enum xz_ret). */
const PROBLEMS: Record<number, XzProblem> = {
  2: 'check',
  3: 'memory',
  4: 'memory',
  5: 'trailing',
  6: 'unsupported',
  7: 'corrupt',
  8: 'truncated',
}

/**
 * Decompresses by `xz-decompress` (xz-embedded in wasm) in a worker thread. It knows neither filters nor SHA-256, and takes
 * dictionaries up to 64 MiB. Buffers are handed over, not copied; the thread works ahead by two of them.
 *
 * @throws `ARCHIVE_INVALID`; `LIMIT_EXCEEDED`; `IO_FAILED` when the thread itself fails; whatever the input throws
 */
export async function* decodeInWorker(xz: Chunks, name: string): Chunks {
  // Node's own options of this process (--input-type, --import) are not the worker's.
  const worker = new Worker(workerFile('xz'), { execArgv: [] })
  const inbox = new Inbox(worker, name)
  const input = portions(xz)
  // Never rejects: an error of the input arrives with the messages.
  const send = async (): Promise<void> => {
    try {
      const { value, done } = await input.next()
      if (done) worker.postMessage({ input: undefined } satisfies ToXzWorker)
      else worker.postMessage({ input: value } satisfies ToXzWorker, [value.buffer])
    } catch (error) {
      inbox.fail(error)
    }
  }
  try {
    for (;;) {
      const message = await inbox.next()
      if (message.kind === 'more') void send()
      else if (message.kind === 'output') {
        yield message.output
        worker.postMessage({ taken: true } satisfies ToXzWorker)
      } else if (message.kind === 'end') return
      else throw workerError(name, message)
    }
  } finally {
    inbox.close()
    await worker.terminate()
  }
}

/** Copies of the input that can be given away: a chunk may be all of a large buffer of somebody else's. */
async function* portions(xz: Chunks): AsyncGenerator<Uint8Array<ArrayBuffer>, undefined> {
  for await (const chunk of xz) {
    for (let at = 0; at < chunk.length; at += MOST_INPUT) yield Uint8Array.from(chunk.subarray(at, at + MOST_INPUT))
  }
}

/** Messages of the thread, one after another. */
class Inbox {
  readonly #messages: FromXzWorker[] = []
  readonly #name: string
  #failure: { error: unknown } | undefined
  #wake: (() => void) | undefined

  constructor(worker: Worker, name: string) {
    this.#name = name
    worker.on('message', (message: FromXzWorker) => {
      this.#messages.push(message)
      this.#wake?.()
    })
    worker.once('error', error => this.fail(this.#broken(error)))
    worker.once('exit', () => this.fail(this.#broken(new Error('it ended by itself'))))
  }

  /** The next message; throws the failure once there are no more. */
  async next(): Promise<FromXzWorker> {
    while (this.#messages.length === 0 && this.#failure === undefined) {
      await new Promise<void>(resolve => {
        this.#wake = resolve
      })
    }
    const message = this.#messages.shift()
    if (message === undefined) throw this.#failure?.error
    return message
  }

  /** Ends the wait for messages; the first reason counts. */
  fail(error: unknown): void {
    this.#failure ??= { error }
    this.#wake?.()
  }

  /** Nothing that happens from now on matters. */
  close(): void {
    this.#failure ??= { error: undefined }
  }

  #broken(cause: Error): BentoError {
    return new BentoError(
      'IO_FAILED',
      `The thread that decompresses ${visible(this.#name)} failed: ${cause.message}.`,
      {
        cause,
      },
    )
  }
}

function workerError(name: string, { code, text }: { code?: number; text: string }): BentoError {
  // Whatever else it throws comes of data that it did not expect.
  return xzError(name, PROBLEMS[code ?? 0] ?? 'corrupt', new Error(text))
}
