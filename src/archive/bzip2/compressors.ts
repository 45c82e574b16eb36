import { Worker } from 'node:worker_threads'
import { BentoError } from '../../core/errors.js'
import { workerFile } from '../worker-file.js'

/** What a worker thread is sent; it answers with the stream, in order. */
export interface CompressTask {
  block: Uint8Array
  level: number
}

interface Waiting {
  resolve(stream: Uint8Array): void
  reject(error: unknown): void
}

/** Worker threads that compress, started as they are needed. To be closed in the end. */
export class Compressors {
  readonly #threads: CompressThread[] = []
  readonly #count: number
  #next = 0

  constructor(count: number) {
    this.#count = count
  }

  /**
   * Compresses a block to a bzip2 stream, in the next thread in turn.
   *
   * @throws `CODEC_MISSING` when the thread doesn't start or dies
   */
  async compress(block: Uint8Array, level: number): Promise<Uint8Array> {
    const turn = this.#next++ % this.#count
    this.#threads[turn] ??= new CompressThread()
    return this.#threads[turn].compress({ block, level })
  }

  /** Ends the threads, whatever they do. */
  async close(): Promise<void> {
    await Promise.all(this.#threads.map(thread => thread.close()))
  }
}

class CompressThread {
  // Node's own options of this process (--input-type, --import) are not the worker's.
  readonly #worker = new Worker(workerFile('bzip2'), { execArgv: [] })
  readonly #waiting: Waiting[] = []
  #failure: BentoError | undefined

  constructor() {
    this.#worker.on('message', (stream: Uint8Array) => {
      this.#waiting.shift()?.resolve(stream)
      // Only a thread at work keeps the process alive.
      if (this.#waiting.length === 0) this.#worker.unref()
    })
    this.#worker.on('error', error => this.#fail(error.message, error))
    this.#worker.on('messageerror', error => this.#fail(error.message, error))
    this.#worker.on('exit', code => this.#fail(`its thread ended with code ${code}`))
  }

  compress(task: CompressTask): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure)
      this.#waiting.push({ resolve, reject })
      this.#worker.ref()
      this.#worker.postMessage(task)
    })
  }

  async close(): Promise<void> {
    await this.#worker.terminate()
  }

  #fail(reason: string, cause?: unknown): void {
    this.#failure ??= new BentoError('CODEC_MISSING', `The bzip2 compressor does not work: ${reason}.`, {
      hint: 'Install vite-plugin-bento again, or take another format.',
      cause,
    })
    for (const { reject } of this.#waiting.splice(0)) reject(this.#failure)
  }
}
