import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { contentFiles } from './links.js'
import { FILES_AT_ONCE, forEachLimit } from './pool.js'

const CHUNK = 1 << 20

/** SHA-256 of a file's bytes as 64 hex digits. Memory stays at 2 MiB whatever the file's size. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  const file = await open(path)
  try {
    // Two buffers, so that the disk reads one while the other is hashed.
    let reading = Buffer.allocUnsafe(CHUNK)
    let hashing = Buffer.allocUnsafe(CHUNK)
    let pending = file.read(reading, 0, CHUNK, null)
    for (;;) {
      const { bytesRead } = await pending
      if (bytesRead === 0) return hash.digest('hex')
      const filled = reading
      reading = hashing
      hashing = filled
      pending = file.read(reading, 0, CHUNK, null)
      hash.update(filled.subarray(0, bytesRead))
    }
  } finally {
    await file.close()
  }
}

/** A file with its content's SHA-256. */
export interface HashedFile {
  /** POSIX path relative to the tree's root. */
  path: string
  /** 64 hex digits. */
  sha256: string
  /** Bytes. */
  size: number
}

/**
 * Hashes every file below `dir`, sorted by path, as `find -L . -type f | xargs sha256sum` would: links that stay inside
 * count as what they point at, so that a copy made by a tool that dissolves links (Python's `copytree`) has the same
 * digest.
 *
 * @param except paths to leave out: the manifest, `SHA256SUMS`
 * @throws `VALUE_INVALID` for links that lead outside, nowhere or in circles, all of them at once
 */
export async function hashTree(dir: string, except: Iterable<string> = []): Promise<HashedFile[]> {
  const left = new Set(except)
  const files = (await contentFiles(dir)).filter(file => !left.has(file.path))
  const hashed: HashedFile[] = files.map(file => ({ path: file.path, sha256: '', size: file.size }))
  await forEachLimit(hashed, FILES_AT_ONCE, async file => {
    file.sha256 = await hashFile(join(dir, file.path))
  })
  return hashed
}
