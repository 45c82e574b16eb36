import type { ByteSink, ByteSource, Chunks } from '../../src/archive/bytes.js'
import type { ArchiveInput, ExtractLimits } from '../../src/archive/types.js'

/** A stream of numbers in [0, 1) that is the same for the same seed (xorshift32). */
export function numbers(seed: number): () => number {
  let state = (seed * 2654435761) | 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 4294967296
  }
}

/** Gaussian weights as a trained layer has them: mean 0, deviation 0.02. */
export function gaussians(count: number, seed: number): Float32Array {
  const next = numbers(seed)
  return Float32Array.from(
    { length: count },
    () => 0.02 * Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
  )
}

const WORDS =
  'the model of a store and its tag is read with every label that another folder keeps in one archive or bento while data weights layers learn from text'.split(
    ' ',
  )

/** Bytes of text that compresses as prose does. */
export function sentences(length: number, seed: number): Uint8Array {
  const next = numbers(seed)
  const out = Buffer.alloc(length)
  for (let at = 0; at < length; ) {
    const word = WORDS[Math.floor(next() ** 2 * WORDS.length)] ?? ''
    at += out.write(next() < 0.1 ? `${word} ${Math.floor(next() * 1000)}.\n` : `${word} `, at)
  }
  return out
}

/** A source over bytes, which gives as many as it is asked for. */
export function sourceOf(data: Uint8Array): ByteSource {
  return portions(data, forever(Number.POSITIVE_INFINITY))
}

/** The same in portions of the given sizes. */
export function portions(data: Uint8Array, sizes: Iterator<number>): ByteSource {
  let at = 0
  return {
    async read(into) {
      const next = sizes.next().value as number
      const part = data.subarray(at, at + Math.min(into.length, next))
      into.set(part)
      at += part.length
      return part.length
    },
  }
}

function* forever<T>(value: T): Generator<T, never> {
  while (true) yield value
}

/** A sink that keeps what it gets, once `delay` has passed. */
export function collector(delay?: () => Promise<void>): ByteSink & { bytes(): Buffer } {
  const kept: Uint8Array[] = []
  return {
    async write(pieces) {
      await delay?.()
      for (const piece of pieces) kept.push(Uint8Array.from(piece))
    },
    bytes: () => Buffer.concat(kept),
  }
}

/** The limits of an extraction, wide open. */
export const LIMITS: ExtractLimits = {
  bytes: Number.POSITIVE_INFINITY,
  entries: 100_000,
  ratio: 100,
  unpacked: 1024 ** 3,
  path: 1024,
  part: 255,
  depth: 64,
  header: 1024 ** 2,
  memory: 128 * 1024 ** 2,
}

/** An archive in memory, as a stream in portions of some bytes, which are overwritten once the next is asked for. */
export function inputOf(data: Uint8Array, portion = 64 * 1024): ArchiveInput {
  return {
    name: 'the archive',
    async *chunks() {
      for (let at = 0; at < data.length; at += portion) {
        const chunk = Uint8Array.from(data.subarray(at, at + portion))
        yield chunk
        chunk.fill(0xaa)
      }
    },
  }
}

/** All that comes, as one. */
export async function unpacked(chunks: Chunks): Promise<Buffer> {
  const kept: Uint8Array[] = []
  for await (const chunk of chunks) kept.push(Uint8Array.from(chunk))
  return Buffer.concat(kept)
}
