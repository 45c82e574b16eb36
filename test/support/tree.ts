import { createHash } from 'node:crypto'
import { closeSync, lstatSync, openSync, readdirSync, readlinkSync, readSync, type Stats } from 'node:fs'
import { join } from 'node:path'

const CHUNK = 4 << 20
const buffer = Buffer.allocUnsafe(CHUNK)

/** SHA-256 of a file, 64 hex digits; a hole costs what zeros cost. */
export function sha256File(path: string): string {
  const hash = createHash('sha256')
  const file = openSync(path, 'r')
  try {
    for (let count = 1; count > 0; ) {
      count = readSync(file, buffer, 0, CHUNK, null)
      hash.update(buffer.subarray(0, count))
    }
  } finally {
    closeSync(file)
  }
  return hash.digest('hex')
}

/**
 * Everything below a folder, a line each, in order: two trees are equal where their lines are. A line tells what it is
 * (`dir`, `file`, `exec` for what its owner may run, `link`), the path, and the content's SHA-256 or the link's target.
 *
 * @param more what else to tell of a thing, at the end of its line
 */
export function treeOf(dir: string, more: (stats: Stats) => string = () => ''): string[] {
  return readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .sort()
    .map(path => {
      const whole = join(dir, path)
      const stats = lstatSync(whole)
      const [kind, content] = stats.isSymbolicLink()
        ? ['link', readlinkSync(whole)]
        : stats.isDirectory()
          ? ['dir', '']
          : [(stats.mode & 0o100) === 0 ? 'file' : 'exec', sha256File(whole)]
      return `${kind} ${JSON.stringify(path)} ${content}${more(stats)}`.trimEnd()
    })
}
