import { resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { BentoError } from '../core/errors.js'

/** A place on this machine. */
export interface LocalPath {
  /** Absolute. */
  path: string
  /** Whether it was written with a slash at its end: a folder is meant. */
  folder: boolean
}

/** Two letters at least: `C:/` is a drive. */
const SCHEME = /^([a-z][a-z0-9+.-]+):\/\//i

/**
 * The place that a path or a `file:` URL names; relative paths count from the current directory (BentoML reads
 * `out/x` as `/out/x` on many a Python).
 *
 * @param what for the error: `destination`, `source`
 * @throws `OPTION_INVALID` for what is no path, and for other URLs; whatever such a URL holds is not shown, since it may
 * be a password
 */
export function localPath(place: string | URL, what: string): LocalPath {
  const text = String(place)
  const isText = typeof place === 'string'
  if (!(isText || place instanceof URL) || text === '' || text.includes('\0')) {
    const shown = isText ? JSON.stringify(place) : place === null ? 'null' : typeof place
    throw new BentoError('OPTION_INVALID', `The ${what} cannot be ${shown}.`, { hint: 'Give a path, or a file: URL.' })
  }
  const scheme = SCHEME.exec(text)?.[1]?.toLowerCase()
  const written = place instanceof URL || scheme !== undefined ? fromUrl(text, scheme, what) : text
  const folder = written.endsWith('/') || written.endsWith(sep)
  return { path: resolve(written), folder }
}

function fromUrl(text: string, scheme: string | undefined, what: string): string {
  const hint =
    'Use a path, a file: URL or a stream; to reach another machine, pipe the archive through a tool that does.'
  const found = scheme ?? text.split(':')[0]
  if (found !== 'file') {
    throw new BentoError('OPTION_INVALID', `The ${what} is a URL of "${found}", which is not supported.`, { hint })
  }
  try {
    return fileURLToPath(text)
  } catch (error) {
    throw new BentoError('OPTION_INVALID', `The ${what} is a file: URL that names no file of this machine.`, {
      hint: 'Write it as file:///folder/name.',
      cause: error,
    })
  }
}
