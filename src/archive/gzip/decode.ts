import { createGunzip, type Gunzip } from 'node:zlib'
import { BentoError, systemCode } from '../../core/errors.js'
import type { Chunks } from '../bytes.js'
import type { ArchiveInput, ExtractLimits } from '../types.js'

/** Bytes that zlib gives at once. At 64 KiB the way to its thread and back costs as much as the work. */
const CHUNK = 1024 * 1024

/**
 * Decompresses gzip (RFC 1952): one member or several, after which zeros may follow, as tapes have them. Decompressing
 * goes on while the last chunk is in use. zlib needs less than a megabyte, so that no limit applies.
 *
 * @throws `ARCHIVE_INVALID` when it is empty, truncated or corrupt, and when anything else follows; whatever reading
 * throws
 */
export async function* decodeGzip(input: ArchiveInput, _limits: ExtractLimits): Chunks {
  const gunzip = createGunzip({ chunkSize: CHUNK })
  const fed = feed(input, gunzip)
  fed.catch(error => gunzip.destroy(error))
  try {
    for await (const chunk of gunzip) yield chunk
    await fed
  } catch (error) {
    throw systemCode(error)?.startsWith('Z_') ? damaged(input, (error as Error).message, error) : error
  } finally {
    gunzip.destroy()
    // The next bytes of a pipe may never come; what closes the input sees to that.
    if (input.path !== undefined) await fed.catch(() => undefined)
  }
}

/**
 * Brings the input to zlib, and looks at what zlib leaves: it ends before a zero that follows a member. Ends early when
 * zlib failed or nobody reads on.
 */
async function feed(input: ArchiveInput, gunzip: Gunzip): Promise<void> {
  const closed = new Promise<void>(resolve => gunzip.once('close', resolve))
  let given = 0
  let over = false
  for await (const chunk of input.chunks()) {
    given += chunk.length
    if (!over) {
      await Promise.race([closed, new Promise<void>(taken => gunzip.write(chunk, () => taken()))])
      if (gunzip.destroyed && !gunzip.readableEnded) return
      over = gunzip.bytesWritten < given
    }
    const left = chunk.subarray(Math.max(0, chunk.length - (given - gunzip.bytesWritten)))
    if (left.some(byte => byte !== 0)) throw damaged(input, 'something else follows the compressed data')
  }
  if (given === 0) throw damaged(input, 'it is empty')
  if (!over) gunzip.end()
}

function damaged(input: ArchiveInput, reason: string, cause?: unknown): BentoError {
  return new BentoError('ARCHIVE_INVALID', `${input.name} cannot be read as gzip: ${reason}.`, {
    hint: 'Fetch or export it again.',
    cause,
  })
}
