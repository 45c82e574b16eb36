import { type ByteSink, type ByteSource, readFull } from './bytes.js'

/** How {@link orderedPieces} works. */
export interface PieceWork {
  /** Bytes of every block but the last, which may be shorter. */
  blockSize: number
  /** Jobs that may be under way together. Memory is so many blocks and two, and what the jobs themselves hold. */
  atOnce: number
  /**
   * Makes of a block what goes to the sink. Called in the order of the blocks, each time as soon as the block is read,
   * so that sums over all data can be made before the first `await`. The block stays as it is until its pieces are
   * written, and pieces may be parts of it.
   *
   * @param slot number of the buffer it lies in, below {@link atOnce} and two: whatever else there is one of for each
   * slot is free again too
   */
  run(block: Uint8Array, index: number, slot: number): Promise<readonly Uint8Array[]>
}

/**
 * Cuts a source into blocks of one size, whatever portions it comes in, works on several of them together, and writes
 * what becomes of them in their order. Reading, jobs and writing go on beside one another.
 *
 * @returns once all is written; without a single block for a source that is empty
 * @throws what source, sink or job throw, after everything under way has ended; nothing is written after an error of
 * the sink, nor what comes behind a block whose job failed
 */
export async function orderedPieces(source: ByteSource, sink: ByteSink, work: PieceWork): Promise<void> {
  const { blockSize, atOnce } = work
  // A block each for the jobs, one that is being read and one that is being written.
  const buffers: Uint8Array[] = []
  const jobs: Promise<readonly Uint8Array[]>[] = []
  const writes: Promise<void>[] = []
  try {
    for (let index = 0; ; index++) {
      const slot = index % (atOnce + 2)
      await writes[slot]
      buffers[slot] ??= Buffer.allocUnsafeSlow(blockSize)
      const count = await readFull(source, buffers[slot])
      if (count === 0) break
      await jobs[index % atOnce]
      const job = begin(work, buffers[slot].subarray(0, count), index, slot)
      const before = writes[(index + atOnce + 1) % (atOnce + 2)]
      jobs[index % atOnce] = job
      writes[slot] = writeAfter(before, job, sink)
      // Handled where they are awaited, be it only after another error.
      job.catch(() => undefined)
      writes[slot].catch(() => undefined)
      if (count < blockSize) break
    }
    await Promise.all(writes)
  } catch (error) {
    await Promise.allSettled([...jobs, ...writes])
    throw error
  }
}

/** Calls `run` at once; what it throws, now or later, is the promise's. */
async function begin(work: PieceWork, block: Uint8Array, index: number, slot: number): Promise<readonly Uint8Array[]> {
  return work.run(block, index, slot)
}

async function writeAfter(
  before: Promise<void> | undefined,
  job: Promise<readonly Uint8Array[]>,
  sink: ByteSink,
): Promise<void> {
  await before
  const pieces = await job
  if (pieces.length > 0) await sink.write(pieces)
}
