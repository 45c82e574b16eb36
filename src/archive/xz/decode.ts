import { crc32 } from 'node:zlib'
import type { Chunks } from '../bytes.js'
import type { ArchiveInput, ExtractLimits } from '../types.js'
import { blockHeaderLength, parseBlockHeader } from './block-header.js'
import { ByteReader } from './byte-reader.js'
import { decodeByCommand } from './command.js'
import { CHECK_SIZES, MOST_BLOCK_HEADER, STREAM_HEADER, startsStream } from './container.js'
import { dictionaryError, xzError } from './errors.js'
import { findXz } from './find-xz.js'
import { decodeInWorker } from './in-worker.js'
import { isReadable, StreamReader } from './stream-reader.js'

/** What decompresses LZMA: the command `xz`, or wasm in a thread of this process. */
export type XzDecoder = 'command' | 'worker'

/**
 * Decompresses xz (xz file format 1.2.1): one stream or several, with stream padding. Streams whose blocks tell their
 * sizes are read here, and what is stored in them goes straight through; the rest is done by the command `xz` where there
 * is one, else by wasm in a worker thread, which is about half as fast and knows neither filters nor SHA-256.
 *
 * @param decoder one of the two, for tests
 * @throws `ARCHIVE_INVALID` when it is empty, truncated or corrupt, is `.lzma` or `.lz`, uses what can't be read here, and
 * when anything else follows; `LIMIT_EXCEEDED` when a dictionary is larger than `limits.memory`; whatever reading throws
 */
export async function* decodeXz(input: ArchiveInput, limits: ExtractLimits, decoder?: XzDecoder): Chunks {
  const reader = new ByteReader(input.chunks())
  const { name } = input
  try {
    const decode = async function* (xz: Chunks): Chunks {
      const command = decoder === 'worker' ? undefined : await findXz()
      yield* command === undefined ? decodeInWorker(xz, name) : decodeByCommand(command, xz, name, limits)
    }
    for (let first = true; first || (await skipPadding(reader, name)); first = false) {
      const head = await reader.peek(STREAM_HEADER + MOST_BLOCK_HEADER)
      if (inspect(head, name, limits, first) === 'by decoder') {
        yield* decode(reader.rest())
        return
      }
      yield* new StreamReader(reader, name, limits, decode).data()
    }
  } finally {
    const closed = reader.close()
    closed.catch(() => undefined)
    // The next bytes of a pipe may never come; what closes the input sees to that.
    if (input.path !== undefined) await closed
  }
}

/**
 * Judges how a stream begins, before any decoder sees it: decoders differ in what they let pass, and in how much memory
 * they allocate on the word of a header.
 *
 * @returns who is to read it
 */
function inspect(head: Uint8Array, name: string, limits: ExtractLimits, first: boolean): 'here' | 'by decoder' {
  if (head.length === 0) throw xzError(name, 'empty')
  if (!startsStream(head)) throw xzError(name, first ? 'not xz' : 'trailing')
  if (head.length <= STREAM_HEADER) throw xzError(name, 'truncated')
  const view = new DataView(head.buffer, head.byteOffset, head.length)
  if (crc32(head.subarray(6, 8)) !== view.getUint32(8, true)) throw xzError(name, 'corrupt')
  const check = head[7] ?? 0
  if (head[6] !== 0 || check >= CHECK_SIZES.length) throw xzError(name, 'unsupported')
  const start = head[STREAM_HEADER] ?? 0
  if (start === 0) return 'here'
  const end = STREAM_HEADER + blockHeaderLength(start)
  if (head.length < end) throw xzError(name, 'truncated')
  const header = parseBlockHeader(head.subarray(STREAM_HEADER, end))
  if (header === undefined) throw xzError(name, 'corrupt')
  if (header === 'unsupported') throw xzError(name, 'unsupported')
  const { dictionary = 0 } = header
  if (dictionary > limits.memory) throw dictionaryError(name, dictionary, limits.memory)
  return isReadable(check, header) ? 'here' : 'by decoder'
}

/**
 * Skips the zeros that may follow a stream (§2.2).
 *
 * @returns whether another stream follows
 */
async function skipPadding(reader: ByteReader, name: string): Promise<boolean> {
  for (let length = 0; ; ) {
    const ahead = await reader.ahead()
    const found = ahead.findIndex(byte => byte !== 0)
    const zeros = found === -1 ? ahead.length : found
    await reader.some(zeros)
    length += zeros
    if (zeros > 0 && found === -1) continue
    if (length % 4 !== 0) throw xzError(name, 'trailing')
    return found !== -1
  }
}
