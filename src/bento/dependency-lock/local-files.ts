import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { compareText } from '../../core/tag.js'
import { isSecretPath } from '../secrets.js'

/** Never part of a package, wherever they lie. */
const LEFT_OUT =
  /^(?:node_modules|\.git|\.hg|\.svn|\.cache|\.turbo|\.nyc_output|coverage|package-lock\.json|npm-shrinkwrap\.json|npm-debug\.log|\.DS_Store|\.npmignore|\.gitignore)$/

/**
 * The files of a local package that travel with the bento, sorted POSIX paths; package.json is not among them.
 *
 * All of the folder but installed packages, repositories, caches and secrets. `.gitignore` does not count: what run time
 * needs (`dist`) is often ignored by git. With `files` in its package.json, only what lies below those entries.
 */
export async function localFiles(folder: string, only: unknown): Promise<string[]> {
  const wanted = Array.isArray(only) ? only.filter(entry => typeof entry === 'string').map(matcher) : undefined
  const found: string[] = []
  const visit = async (below: string): Promise<void> => {
    for (const entry of await readdir(join(folder, below), { withFileTypes: true })) {
      const path = below === '' ? entry.name : `${below}/${entry.name}`
      if (LEFT_OUT.test(entry.name) || isSecretPath(path) || path === 'package.json') continue
      if (entry.isDirectory()) await visit(path)
      else if (entry.isFile() && (wanted === undefined || wanted.some(matches => matches(path)))) found.push(path)
    }
  }
  await visit('')
  return found.sort(compareText)
}

/** A pattern of `files`: a path, a folder or a glob with `*`, `**` and `?`. npm's negations only ever take away. */
function matcher(pattern: string): (path: string) => boolean {
  const bare = pattern.replace(/^\.?\//, '').replace(/\/$/, '')
  if (bare === '' || bare === '.') return () => true
  if (bare.startsWith('!')) return () => false
  const source = bare
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('**/', '\u0000')
    .replaceAll('**', '\u0001')
    .replaceAll('*', '[^/]*')
    .replaceAll('?', '[^/]')
    .replaceAll('\u0000', '(?:.*/)?')
    .replaceAll('\u0001', '.*')
  const shape = new RegExp(`^${source}(?:/.*)?$`)
  return path => shape.test(path)
}
