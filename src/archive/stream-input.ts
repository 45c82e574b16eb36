import { Readable } from 'node:stream'
import { BentoError, isBentoError } from '../core/errors.js'
import type { Chunks } from './bytes.js'
import { sourceError } from './errors.js'
import type { OpenInput } from './input.js'
import { streamName } from './stream-name.js'

/** An archive that comes in pieces, once. */
export class StreamInput implements OpenInput {
  readonly kind = 'stream'
  readonly name: string
  readonly #source: Readable | AsyncIterable<Uint8Array>
  readonly #iterator: AsyncIterator<Uint8Array>
  readonly #head: Uint8Array[] = []
  #read = 0
  #ended = false

  constructor(source: Readable | AsyncIterable<Uint8Array>, name: string | undefined) {
    if (typeof source !== 'object' || source === null || !(Symbol.asyncIterator in source)) {
      throw new BentoError('OPTION_INVALID', `${typeof source} is no source of an archive.`, {
        hint: 'Give a path, a file: URL, a readable stream or an async iterable of bytes.',
      })
    }
    this.name = name ?? streamName(source)
    this.#source = source
    this.#iterator = source[Symbol.asyncIterator]()
  }

  async head(length: number): Promise<Uint8Array> {
    let have = 0
    while (have < length) {
      const chunk = await this.#next()
      if (chunk === undefined) break
      // A chunk may be valid only until the next is asked for.
      this.#head.push(Buffer.from(chunk))
      have += chunk.length
    }
    return Buffer.concat(this.#head).subarray(0, length)
  }

  async *chunks(): Chunks {
    for (const chunk of this.#head.splice(0)) {
      this.#read += chunk.length
      yield chunk
    }
    for (;;) {
      const chunk = await this.#next()
      if (chunk === undefined) return
      this.#read += chunk.length
      yield chunk
    }
  }

  read(): number {
    return this.#read
  }

  async close(): Promise<void> {
    if (this.#source instanceof Readable) this.#source.destroy()
    // An iterator that waits for data would answer only when they come.
    else if (!this.#ended) void Promise.resolve(this.#iterator.return?.()).catch(() => undefined)
    this.#ended = true
  }

  /** The next bytes that are any; undefined at the end. */
  async #next(): Promise<Uint8Array | undefined> {
    for (;;) {
      const chunk = await this.#pull()
      if (chunk === undefined || chunk.length > 0) return chunk
    }
  }

  async #pull(): Promise<Uint8Array | undefined> {
    if (this.#ended) return undefined
    try {
      const { done, value } = await this.#iterator.next()
      if (done) {
        this.#ended = true
        return undefined
      }
      if (value instanceof Uint8Array) return value
    } catch (error) {
      this.#ended = true
      throw isBentoError(error) ? error : sourceError(error, this.name)
    }
    throw new BentoError('OPTION_INVALID', `${this.name} gives something else than bytes.`, {
      hint: 'Set no encoding on the stream.',
    })
  }
}
