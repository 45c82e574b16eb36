import { Stream, type Writable } from 'node:stream'
import { targetError } from './errors.js'
import type { Output } from './output.js'
import { streamName } from './stream-name.js'

/** Whether what is to be written to is a stream, not a path or anything else. */
export function isStream(destination: unknown): destination is Writable {
  return destination instanceof Stream && 'write' in destination
}

/** A stream of the caller's, who ends it. */
export class StreamOutput implements Output {
  bytes = 0
  readonly #stream: Writable
  readonly #signal: AbortSignal | undefined
  #broken: unknown
  #stop: (reason: unknown) => void = () => undefined
  readonly #onError = (error: unknown) => {
    this.#broken ??= error
    this.#stop(error)
  }
  /** Destroyed without an error, as when a client hangs up: the write under way would never be answered. */
  readonly #onClose = () => this.#onError(Object.assign(new Error('closed'), { code: 'ERR_STREAM_PREMATURE_CLOSE' }))
  readonly #onAbort = () => this.#stop(this.#signal?.reason)

  constructor(stream: Writable, signal: AbortSignal | undefined) {
    this.#stream = stream
    this.#signal = signal
    // An error of a stream that nobody listens to would end the process.
    stream.on('error', this.#onError)
    stream.on('close', this.#onClose)
    signal?.addEventListener('abort', this.#onAbort)
  }

  /** Waits until the stream has taken the bytes: whoever reads slowly slows the packing, and memory stays flat. */
  async write(pieces: readonly Uint8Array[]): Promise<void> {
    // A copy: the stream may keep what it was given, and the pieces are the caller's again.
    const bytes = Buffer.concat(pieces)
    if (bytes.length === 0) return
    try {
      if (this.#broken !== undefined) throw this.#broken
      await new Promise<void>((resolve, reject) => {
        // Whoever reads may have stopped reading for good.
        this.#stop = reject
        this.#stream.write(bytes, error => (error ? reject(error) : resolve()))
      })
    } catch (error) {
      this.#signal?.throwIfAborted()
      throw targetError(error, 'write', streamName(this.#stream))
    }
    this.bytes += bytes.length
  }

  async commit(): Promise<void> {
    this.#leave()
  }

  async abandon(): Promise<void> {
    this.#leave()
  }

  #leave(): void {
    this.#signal?.removeEventListener('abort', this.#onAbort)
    this.#stream.off('close', this.#onClose)
    // The error of a write comes as an event after its answer.
    setImmediate(() => this.#stream.off('error', this.#onError))
  }
}
