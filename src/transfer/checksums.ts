import { CHECKSUMS, type DigestedFile } from '../core/digest.js'
import { BentoError } from '../core/errors.js'
import { visible } from '../core/text.js'

/** Longest list that is read, in bytes: that of half a million files. */
export const MOST_CHECKSUMS = 64 * 2 ** 20

/** A line of GNU `sha256sum`, of text or binary mode. */
const LINE = /^(\\?)([0-9a-f]{64}) [ *](.+)$/i
/** Most files that a message lists. */
const SHOWN = 5

/**
 * Reads a `SHA256SUMS`: SHA-256 by path.
 *
 * @throws `DIGEST_MISMATCH` for what is no such list
 */
export function parseChecksums(text: string, name: string): Map<string, string> {
  const sums = new Map<string, string>()
  for (const [index, line] of text.split('\n').entries()) {
    if (line === '') continue
    const [, escaped, sha256 = '', written = ''] = LINE.exec(line) ?? []
    if (sha256 === '') {
      throw new BentoError('DIGEST_MISMATCH', `Line ${index + 1} of ${CHECKSUMS} in ${visible(name)} is no checksum.`)
    }
    const path = escaped === '\\' ? unescapePath(written) : written
    sums.set(path.replace(/^\.\//, ''), sha256.toLowerCase())
  }
  return sums
}

/** Undoes what `checksumLine` does. */
function unescapePath(path: string): string {
  return path.replace(/\\([\\nr])/g, (_, letter: string) => (letter === 'n' ? '\n' : letter === 'r' ? '\r' : '\\'))
}

/**
 * Holds files against their checksums. Paths are only compared, so that one such as `../x` is a file that is missing.
 *
 * @throws `DIGEST_MISMATCH` naming the files that are missing or other ones
 */
export function checkChecksums(sums: ReadonlyMap<string, string>, files: readonly DigestedFile[], name: string): void {
  const found = new Map(files.map(file => [file.path, file.sha256]))
  const wrong: string[] = []
  for (const [path, sha256] of sums) if (found.get(path) !== sha256) wrong.push(path)
  if (wrong.length === 0) return
  const shown = wrong.slice(0, SHOWN).map(path => {
    const state = found.has(path) ? 'changed' : 'missing'
    return `${visible(JSON.stringify(path))} (${state})`
  })
  const more = wrong.length > SHOWN ? ` and ${wrong.length - SHOWN} more` : ''
  const reason = `Files in ${visible(name)} are not what its ${CHECKSUMS} says: ${shown.join(', ')}${more}.`
  throw new BentoError('DIGEST_MISMATCH', reason, {
    hint: 'They were changed after the bento was built: get it again from where it came from.',
    details: { files: wrong },
  })
}
