import { type FileHandle, open, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { BentoError, isBentoError } from '../core/errors.js'
import type { Chunks } from './bytes.js'
import { sourceError } from './errors.js'
import { readAhead } from './read-ahead.js'
import { streamName } from './stream-name.js'
import type { ArchiveInput } from './types.js'

/** An archive to be read: path of a file or folder as text or `file:` URL, or its bytes in order. */
export type ArchiveSource = string | URL | Readable | AsyncIterable<Uint8Array>

/** An archive that was opened, or a folder that stands for one. */
export interface OpenInput extends ArchiveInput {
  kind: 'file' | 'folder' | 'stream'
  /** The first bytes, `length` of them unless there are fewer; {@link chunks} gives them again. */
  head(length: number): Promise<Uint8Array>
  /** Bytes read so far. */
  read(): number
  /** Gives back what is open. Always call it; a stream that was not read to its end is destroyed. */
  close(): Promise<void>
}

/**
 * Opens an archive. What a path names but is neither file nor folder (a pipe, `/dev/stdin`) is read as a stream.
 *
 * @param name how messages call a stream; see {@link streamName}
 * @throws `SOURCE_NOT_FOUND`, `IO_FAILED`, `OPTION_INVALID`
 */
export async function openInput(source: ArchiveSource, name?: string): Promise<OpenInput> {
  if (typeof source !== 'string' && !(source instanceof URL)) return new StreamInput(source, name)
  const path = pathOf(source)
  try {
    const kind = await stat(path)
    if (kind.isDirectory()) return new FolderInput(path)
    const handle = await open(path)
    if (!kind.isFile()) return new StreamInput(handle.createReadStream(), path)
    return new FileInput(path, handle, (await handle.stat()).size)
  } catch (error) {
    throw sourceError(error, path)
  }
}

/**
 * The absolute path of what a user gave as text or URL.
 *
 * @throws `OPTION_INVALID` for what is neither, and for URLs that are not `file:`
 */
export function pathOf(place: string | URL): string {
  const isText = typeof place === 'string'
  if (isText && place !== '' && !place.includes('\0')) return resolve(place)
  if (place instanceof URL && place.protocol === 'file:') return fileURLToPath(place)
  const shown = isText ? JSON.stringify(place) : place instanceof URL ? `${place.protocol}//…` : typeof place
  throw new BentoError('OPTION_INVALID', `${shown} is no path.`, { hint: 'Give a path, or a file: URL.' })
}

class FileInput implements OpenInput {
  readonly kind = 'file'
  readonly path: string
  readonly name: string
  readonly size: number
  readonly #handle: FileHandle
  #read = 0

  constructor(path: string, handle: FileHandle, size: number) {
    this.path = path
    this.name = path
    this.size = size
    this.#handle = handle
  }

  async head(length: number): Promise<Uint8Array> {
    const head = Buffer.alloc(length)
    try {
      const { bytesRead } = await this.#handle.read(head, 0, length, 0)
      return head.subarray(0, bytesRead)
    } catch (error) {
      throw sourceError(error, this.path)
    }
  }

  async *chunks(): Chunks {
    const read = (into: Uint8Array, position: number) => this.#handle.read(into, 0, into.length, position)
    try {
      for await (const chunk of readAhead(read)) {
        this.#read += chunk.length
        yield chunk
      }
    } catch (error) {
      throw sourceError(error, this.path)
    }
  }

  read(): number {
    return this.#read
  }

  async close(): Promise<void> {
    await this.#handle.close()
  }
}

class FolderInput implements OpenInput {
  readonly kind = 'folder'
  readonly path: string
  readonly name: string

  constructor(path: string) {
    this.path = path
    this.name = path
  }

  async head(): Promise<Uint8Array> {
    return new Uint8Array()
  }

  async *chunks(): Chunks {}

  read(): number {
    return 0
  }

  async close(): Promise<void> {}
}

class StreamInput implements OpenInput {
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
