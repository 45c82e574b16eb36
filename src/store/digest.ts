import { createHash } from 'node:crypto'
import { mkdir, readFile, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { CHECKSUMS, digestOfFiles, isDigest } from '../core/digest.js'
import type { FullTag } from '../core/tag.js'
import { readError } from '../files/errors.js'
import { hashTree } from '../files/hash.js'
import { contentFiles } from '../files/links.js'
import { removeTree } from '../files/remove.js'
import { openTrash } from '../files/stage.js'
import { writeFileAtomic } from '../files/write.js'

/** What a model's files add up to. */
export interface ModelDigest {
  /** `sha256:<hex>`: SHA-256 of the sorted lines `<sha256 hex>  <path>\n` of all files but {@link NOT_DIGESTED}. */
  digest: string
  /** Bytes of those files. */
  size: number
}

/** Files of a model that its digest leaves out. */
export const NOT_DIGESTED: readonly string[] = ['model.yaml', CHECKSUMS]

interface CachedDigest extends ModelDigest {
  /** {@link fingerprint} of the files it was computed of. */
  files: string
}

/**
 * Digest of a stored model that carries none, computed once and kept in `<home>/cache/digests/<name>/<version>.json` as
 * long as no file's path, size, times or inode changes. A cache that can't be written is no error.
 *
 * @throws `IO_FAILED` when a file can't be read; `VALUE_INVALID` for links that lead outside
 */
export async function cachedDigest(home: string, tag: FullTag, path: string): Promise<ModelDigest> {
  const cache = cachePath(home, tag)
  try {
    const before = await fingerprint(path)
    const cached = await readCache(cache)
    if (cached?.files === before) return { digest: cached.digest, size: cached.size }
    const computed = await computeDigest(path)
    // Files that changed while they were read have no digest to keep.
    if ((await fingerprint(path)) === before) await writeCache(home, cache, { ...computed, files: before })
    return computed
  } catch (error) {
    throw readError(error, `compute the digest of model ${tag}`, path)
  }
}

/** Reads every file and adds them up. */
export async function computeDigest(dir: string): Promise<ModelDigest> {
  const files = await hashTree(dir, NOT_DIGESTED)
  return { digest: digestOfFiles(files), size: files.reduce((sum, file) => sum + file.size, 0) }
}

/** Bytes of a model's digested files, without reading them. */
export async function digestedSize(dir: string): Promise<number> {
  const files = (await contentFiles(dir)).filter(file => !NOT_DIGESTED.includes(file.path))
  return files.reduce((sum, file) => sum + file.size, 0)
}

/** Forgets a model that was deleted. Never throws. */
export async function forgetDigest(home: string, tag: FullTag): Promise<void> {
  await removeTree(cachePath(home, tag)).catch(() => undefined)
}

function cachePath(home: string, tag: FullTag): string {
  return join(home, 'cache', 'digests', tag.name, `${tag.version}.json`)
}

/** Changes whenever a file does: also the change time, which no tool can set back. */
async function fingerprint(dir: string): Promise<string> {
  const hash = createHash('sha256').update(`${dir}\n`)
  for (const file of await contentFiles(dir)) {
    if (NOT_DIGESTED.includes(file.path)) continue
    const { size, mtimeNs, ctimeNs, ino } = await stat(join(dir, file.path), { bigint: true })
    hash.update(`${JSON.stringify(file.path)} ${size} ${mtimeNs} ${ctimeNs} ${ino}\n`)
  }
  return hash.digest('hex')
}

async function readCache(path: string): Promise<CachedDigest | undefined> {
  try {
    const value = JSON.parse(await readFile(path, 'utf8')) as Partial<CachedDigest> | null
    const { digest, size, files } = value ?? {}
    if (!isDigest(digest) || typeof size !== 'number' || typeof files !== 'string') return undefined
    return { digest, size, files }
  } catch {
    return undefined
  }
}

async function writeCache(home: string, path: string, value: CachedDigest): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true })
    const stage = await openTrash(home)
    await writeFileAtomic(path, `${JSON.stringify(value)}\n`, stage.root).finally(() => stage.discard())
  } catch {
    // Read-only store, full disk: the digest is computed again next time.
  }
}
