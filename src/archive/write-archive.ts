import { type ByteSink, type ByteSource, readFull } from './bytes.js'
import { type Encode, encoderOf } from './codecs.js'
import type { PackEntry } from './entries.js'
import type { Output } from './output.js'
import type { ArchiveFormat, PackLevel } from './types.js'

/** Bytes of a block on its way through. */
const BLOCK = 2 ** 20

/** How {@link writeArchive} writes. */
export interface WriteOptions {
  level: PackLevel
  /** Seconds since 1970. */
  mtime: number
  signal: AbortSignal | undefined
}

/**
 * Writes an archive that is not a folder.
 *
 * @param open opens the output, told the archive's size where that is known
 * @returns bytes of the archive
 */
export async function writeArchive(
  entries: readonly PackEntry[],
  format: ArchiveFormat,
  options: WriteOptions,
  open: (size?: number) => Output | Promise<Output>,
): Promise<number> {
  if (format === 'zip') {
    const { writeZip } = await import('./zip/write.js')
    return writing(await open(), options.signal, sink => writeZip(entries, sink, options))
  }
  const encode: Encode = (await encoderOf(format)) ?? copyBytes
  const { tarSource } = await import('./tar/write.js')
  const tar = tarSource(entries, options)
  try {
    const output = await open(format === 'tar' ? tar.size : undefined)
    return await writing(output, options.signal, sink => encode(tar, sink, options))
  } finally {
    await tar.close()
  }
}

async function writing(
  output: Output,
  signal: AbortSignal | undefined,
  work: (sink: ByteSink) => Promise<unknown>,
): Promise<number> {
  const sink: ByteSink = {
    async write(pieces) {
      signal?.throwIfAborted()
      await output.write(pieces)
    },
  }
  try {
    await work(sink)
    signal?.throwIfAborted()
    await output.commit()
  } catch (error) {
    await output.abandon()
    throw error
  }
  return output.bytes
}

/** Brings the bytes over as they are: one block is written while the next is read. */
async function copyBytes(source: ByteSource, sink: ByteSink): Promise<void> {
  let [next, other] = [Buffer.allocUnsafeSlow(BLOCK), Buffer.allocUnsafeSlow(BLOCK)]
  let reading = readFull(source, next)
  try {
    for (;;) {
      const count = await reading
      if (count === 0) return
      const full = next.subarray(0, count)
      ;[next, other] = [other, next]
      reading = readFull(source, next)
      reading.catch(() => undefined)
      await sink.write([full])
    }
  } finally {
    await reading.catch(() => undefined)
  }
}
