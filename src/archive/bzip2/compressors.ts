import { Worker } from 'node:worker_threads'
import { BentoError } from '../../core/errors.js'
import { workerFile } from '../worker-file.js'
import { longestStream } from './libbz2.js'

/** What a worker thread is sent; it answers with the length of the stream, in order. */
export interface CompressTask {
  /** In shared memory, as is `into`: what is copied to a thread instead leaves much behind for two collectors of garbage. */
  block: Uint8Array
  level: number
  into: Uint8Array
}

interface Waiting {
  resolve(length: number): void
  reject(error: unknown): void
}

interface Slot {
  block: Uint8Array
  into: Uint8Array
}

/** Worker threads that compress, started as they are needed. To be closed in the end. */
export class Compressors {
  readonly #threads: CompressThread[] = []
  readonly #slots: Slot[] = []
  readonly #count: number
  readonly #most: number
  #next = 0

  /** @param most bytes of a block */
  constructor(count: number, most: number) {
    this.#count = count
    this.#most = most
  }

  /**
   * Compresses a block to a bzip2 stream, in the next thread in turn.
   *
   * @param slot number of the memory that it happens in
   * @returns the stream; it stays as it is until something else is compressed in the slot
   * @throws `CODEC_MISSING` when the thread doesn't start or dies
   */
  async compress(block: Uint8Array, level: number, slot: number): Promise<Uint8Array> {
    const turn = this.#next++ % this.#count
    this.#threads[turn] ??= new CompressThread()
    this.#slots[slot] ??= { block: shared(this.#most), into: shared(longestStream(this.#most)) }
    const memory = this.#slots[slot]
    memory.block.set(block)
    const task = { block: memory.block.subarray(0, block.length), level, into: memory.into }
    return memory.into.subarray(0, await this.#threads[turn].compress(task))
  }

  /** Ends the threads, whatever they do. */
  async close(): Promise<void> {
    await Promise.all(this.#threads.map(thread => thread.close()))
  }
}

function shared(length: number): Uint8Array {
  return new Uint8Array(new SharedArrayBuffer(length))
}

class CompressThread {
  // Node's own options of this process (--input-type, --import) are not the worker's.
  readonly #worker = new Worker(workerFile('bzip2'), { execArgv: [] })
  readonly #waiting: Waiting[] = []
  #failure: BentoError | undefined

  constructor() {
    this.#worker.on('message', (length: number) => {
      this.#waiting.shift()?.resolve(length)
      // Only a thread at work keeps the process alive.
      if (this.#waiting.length === 0) this.#worker.unref()
    })
    this.#worker.on('error', error => this.#fail(error.message, error))
    this.#worker.on('messageerror', error => this.#fail(error.message, error))
    this.#worker.on('exit', code => this.#fail(`its thread ended with code ${code}`))
  }

  compress(task: CompressTask): Promise<number> {
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
