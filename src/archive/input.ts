import { type FileHandle, open, stat } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { visible } from '../core/text.js'
import type { Chunks } from './bytes.js'
import { sourceError } from './errors.js'
import { localPath } from './local-path.js'
import { readAhead } from './read-ahead.js'
import { StreamInput } from './stream-input.js'
import type { ArchiveInput } from './types.js'

/** An archive to be read: path of a file or folder as text or `file:` URL, or its bytes in order. */
export type ArchiveSource = string | URL | Readable | AsyncIterable<Uint8Array>

/** An archive that was opened, or a folder that stands for one. */
export interface OpenInput extends ArchiveInput {
  kind: 'file' | 'folder' | 'stream'
  /** Bytes that its sender says there are. For telling how far it is, and nothing else: it may be a lie. */
  readonly announced?: number | undefined
  /** What a user should know of where it comes from, as sentences. */
  readonly notes?: readonly string[]
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
 * @param name how messages call a stream; by default it names itself, where it can
 * @throws `SOURCE_NOT_FOUND`, `IO_FAILED`, `OPTION_INVALID`
 */
export async function openInput(source: ArchiveSource, name?: string): Promise<OpenInput> {
  if (typeof source !== 'string' && !(source instanceof URL)) return new StreamInput(source, name)
  const path = pathOf(source)
  try {
    const kind = await stat(path)
    if (kind.isDirectory()) return new FolderInput(path)
    const handle = await open(path)
    if (!kind.isFile()) return new StreamInput(handle.createReadStream(), visible(path))
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
  return localPath(place, 'path').path
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
    this.name = visible(path)
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
    this.name = visible(path)
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
