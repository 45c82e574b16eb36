/**
 * What is packed is pulled: whoever compresses owns the buffers, and has them filled. So one block of memory serves a
 * file's bytes from the disk to the compressor, however large the file is.
 */
export interface ByteSource {
  /**
   * Fills `into` from its start with the next bytes, as many as are at hand.
   *
   * @returns how many; 0 at the end alone
   */
  read(into: Uint8Array): Promise<number>
}

/** Where an archive's bytes go. */
export interface ByteSink {
  /** Takes the pieces in order. They belong to the caller again once the promise is settled. */
  write(pieces: readonly Uint8Array[]): Promise<void>
}

/** Bytes on their way out of an archive. A chunk is valid until the next one is asked for, and is never empty. */
export type Chunks = AsyncIterable<Uint8Array>

/**
 * Fills the whole of `into`, unless the source ends before.
 *
 * @returns how many bytes were read
 */
export async function readFull(source: ByteSource, into: Uint8Array): Promise<number> {
  let filled = 0
  while (filled < into.length) {
    const count = await source.read(filled === 0 ? into : into.subarray(filled))
    if (count === 0) break
    filled += count
  }
  return filled
}
