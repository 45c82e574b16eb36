import { pipeline, Readable } from 'node:stream'
import { crc32, createInflateRaw, inflateRawSync } from 'node:zlib'
import { isBentoError } from '../../core/errors.js'
import type { Chunks } from '../bytes.js'
import { type ArchiveFile, WINDOW } from './archive-file.js'
import type { DirectoryEntry } from './directory.js'
import { DEFLATED } from './format.js'
import { refuseEntry } from './refuse.js'

/** Bytes that are viewed and inflated at once; a stream costs more to make than so many bytes cost to inflate. */
export const SMALL_CONTENT: number = 64 * 1024
/** What zlib inflates at once, and what may lie ready. */
const INFLATED = 256 * 1024
const READY = 2 * INFLATED

/**
 * The content of an entry, once. What is read in advance of the consumer is read while it is busy.
 *
 * @param at where it lies in the file
 * @throws (while it is read) `ARCHIVE_INVALID` where length or checksum are not as declared, or deflate is broken or
 * goes on behind its end; never more than the declared length is given
 */
export async function* contentOf(file: ArchiveFile, entry: DirectoryEntry, at: number): AsyncGenerator<Uint8Array> {
  const check = new ContentCheck(entry)
  if (entry.method !== DEFLATED) {
    yield* read(file, at, entry.packed, chunk => check.add(chunk))
  } else if (entry.packed <= SMALL_CONTENT && entry.size <= SMALL_CONTENT) {
    const chunk = inflateAtOnce(entry, await file.view(at, entry.packed))
    check.add(chunk)
    if (chunk.length > 0) yield chunk
  } else {
    yield* inflate(file, entry, at, chunk => check.add(chunk))
  }
  check.end()
}

/** Counts and sums content, in the order in which it was packed. */
class ContentCheck {
  readonly #entry: DirectoryEntry
  #size = 0
  #crc = 0

  constructor(entry: DirectoryEntry) {
    this.#entry = entry
  }

  add(chunk: Uint8Array): void {
    this.#size += chunk.length
    if (this.#size > this.#entry.size) throw tooLong(this.#entry)
    this.#crc = crc32(chunk, this.#crc)
  }

  end(): void {
    if (this.#size < this.#entry.size) {
      throw refuseEntry(this.#entry, `holds ${this.#size} bytes, less than the ${this.#entry.size} that it declares`)
    }
    if (this.#crc !== this.#entry.crc) throw refuseEntry(this.#entry, 'is damaged: its checksum is wrong')
  }
}

/** Bytes as they lie in the file. `see` is told of each chunk as soon as it is there, before the consumer asks for it. */
async function* read(
  file: ArchiveFile,
  at: number,
  length: number,
  see: (chunk: Buffer) => void,
): AsyncGenerator<Buffer> {
  if (length === 0) return
  if (length <= SMALL_CONTENT) {
    const chunk = await file.view(at, length)
    see(chunk)
    yield chunk
    return
  }
  const fetch = async (from: number, turn: number): Promise<Buffer> => {
    const buffer = file.spare[turn % 2] as Buffer
    const chunk = await file.readInto(buffer.subarray(0, Math.min(WINDOW, length - from)), at + from)
    see(chunk)
    return chunk
  }
  let next: Promise<Buffer> | undefined = fetch(0, 0)
  try {
    for (let turn = 0, from = 0; next !== undefined; turn++) {
      const chunk: Buffer = await next
      from += chunk.length
      next = from < length ? fetch(from, turn + 1) : undefined
      // Handled where it is awaited, if it ever is.
      next?.catch(() => undefined)
      yield chunk
    }
  } finally {
    await next?.catch(() => undefined)
  }
}

function inflateAtOnce(entry: DirectoryEntry, packed: Buffer): Buffer {
  try {
    // Of one byte more than there should be, so that one too many is seen.
    const chunkSize = Math.max(64, entry.size + 1)
    const options = { info: true, chunkSize, maxOutputLength: entry.size + 1 }
    const { buffer, engine } = inflateRawSync(packed, options) as unknown as Inflated
    if (engine.bytesWritten < packed.length) throw hasTail(entry)
    return buffer
  } catch (error) {
    throw inflateError(entry, error)
  }
}

/** What zlib returns with the option `info`; `bytesWritten` are those it took. */
interface Inflated {
  buffer: Buffer
  engine: { bytesWritten: number }
}

async function* inflate(
  file: ArchiveFile,
  entry: DirectoryEntry,
  at: number,
  see: (chunk: Buffer) => void,
): AsyncGenerator<Buffer> {
  const inflater = createInflateRaw({ chunkSize: INFLATED, readableHighWaterMark: READY } as object)
  const packed = Readable.from(copies(read(file, at, entry.packed, () => undefined)), { objectMode: false })
  // Errors of either end come out of the inflater.
  pipeline(packed, inflater, () => undefined)
  try {
    for await (const chunk of inflater as AsyncIterable<Buffer>) {
      see(chunk)
      yield chunk
    }
    if (inflater.bytesWritten < entry.packed) throw hasTail(entry)
  } catch (error) {
    throw inflateError(entry, error)
  } finally {
    inflater.destroy()
    packed.destroy()
  }
}

/** The stream holds on to chunks for longer than a reader's are valid. */
async function* copies(chunks: Chunks): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) yield Buffer.from(chunk)
}

function inflateError(entry: DirectoryEntry, error: unknown): unknown {
  if (isBentoError(error)) return error
  if (error instanceof RangeError) return tooLong(entry)
  return refuseEntry(entry, 'is damaged: it cannot be inflated', 'ARCHIVE_INVALID', error)
}

function tooLong(entry: DirectoryEntry) {
  return refuseEntry(entry, `holds more than the ${entry.size} bytes that it declares`)
}

function hasTail(entry: DirectoryEntry) {
  return refuseEntry(entry, 'has bytes behind the end of its deflated content')
}
