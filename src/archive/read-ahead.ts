import type { Chunks } from './bytes.js'

/** Bytes of one read. */
const BLOCK = 2 ** 20

/**
 * The bytes of something that can be read at a position, from its beginning to its end: while one block is worked on,
 * the next is read.
 *
 * @param read fills the buffer, or less of it, and answers 0 at the end
 * @param block bytes of one read
 */
export async function* readAhead(
  read: (into: Uint8Array, position: number) => Promise<{ bytesRead: number }>,
  block: number = BLOCK,
): Chunks {
  const buffers = [Buffer.allocUnsafeSlow(block), Buffer.allocUnsafeSlow(block)] as const
  let position = 0
  let [next, other]: readonly [Buffer, Buffer] = buffers
  let reading = read(next, position)
  try {
    for (;;) {
      const { bytesRead } = await reading
      if (bytesRead === 0) return
      position += bytesRead
      const full = next.subarray(0, bytesRead)
      ;[next, other] = [other, next]
      reading = read(next, position)
      // It may fail while nobody waits for it; whoever asks for the next chunk is told.
      reading.catch(() => undefined)
      yield full
    }
  } finally {
    // The buffer belongs to the system until then.
    await reading.catch(() => undefined)
  }
}
