import { createHash } from 'node:crypto'

/** Checksums of every file of an item but itself, as `sha256sum -c` reads them. */
export const CHECKSUMS = 'SHA256SUMS'

/** One file of an item: what the digest sees of it. */
export interface DigestedFile {
  /** POSIX path relative to the item's folder. */
  path: string
  /** SHA-256 of its bytes, as 64 lower-case hex digits. */
  sha256: string
}

/**
 * One line of SHA256SUMS, newline included, as GNU `sha256sum` writes it: a path with a backslash or a line break is
 * escaped, and the line begins with a backslash to say so.
 */
export function checksumLine(file: DigestedFile): string {
  const escaped = file.path.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r')
  return `${escaped === file.path ? '' : '\\'}${file.sha256}  ${escaped}\n`
}

/**
 * Digest of a set of files: `sha256:` and the SHA-256 of their {@link checksumLine}s, sorted by bytes. What
 * `find . -type f … | xargs sha256sum | LC_ALL=C sort | sha256sum` prints; modes, times and links have no part in it.
 */
export function digestOfFiles(files: readonly DigestedFile[]): string {
  const hash = createHash('sha256')
  for (const line of files.map(file => Buffer.from(checksumLine(file))).sort(Buffer.compare)) hash.update(line)
  return `sha256:${hash.digest('hex')}`
}

/** Whether `text` is a digest in the form of {@link digestOfFiles}. */
export function isDigest(text: unknown): text is string {
  return typeof text === 'string' && /^sha256:[0-9a-f]{64}$/.test(text)
}
