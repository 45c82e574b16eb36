import { realpath } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { type DigestedFile, digestOfFiles } from '../core/digest.js'
import { BentoError } from '../core/errors.js'
import { visible } from '../core/text.js'
import { hashFile } from '../files/hash.js'
import { contentFiles } from '../files/links.js'

/**
 * An item's files as its digest sees them, links as what they point at, from the hashes that unpacking has left: nothing
 * is read again.
 *
 * @param dir where the item lies
 * @param hashed its regular files
 * @param links whether it has any
 * @throws `VALUE_INVALID` for links in circles
 */
export async function seenFiles(
  dir: string,
  hashed: readonly DigestedFile[],
  links: boolean,
): Promise<readonly DigestedFile[]> {
  if (!links) return hashed
  const known = new Map(hashed.map(file => [file.path, file.sha256]))
  const root = (await realpath(dir)) + sep
  const seen: DigestedFile[] = []
  for (const { path } of await contentFiles(dir)) {
    const real = known.has(path) ? path : (await realpath(join(dir, path))).slice(root.length).split(sep).join('/')
    seen.push({ path, sha256: known.get(real) ?? (await hashFile(join(dir, path))) })
  }
  return seen
}

/** Digest of an item's files without its manifest and `SHA256SUMS`. */
export function digestWithout(files: readonly DigestedFile[], ...left: readonly string[]): string {
  return digestOfFiles(files.filter(file => !left.includes(file.path)))
}

/** @throws `DIGEST_MISMATCH` where the two differ */
export function requireDigest(what: string, expected: string, actual: string, where: string): void {
  if (expected === actual) return
  throw new BentoError('DIGEST_MISMATCH', `${what} has the digest ${actual}, but ${visible(where)} says ${expected}.`, {
    hint: 'It was changed after it was saved: get it again from where it came from.',
    details: { expected, actual },
  })
}
