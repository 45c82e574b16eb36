import { isSecretPath } from '../bento/secrets.js'

/** Folders that no service reads at run time. */
const FOLDERS = new Set(['node_modules', '__pycache__', '.venv', 'venv', '__tests__', '__snapshots__', 'coverage'])

/** Sources, which are in the bundle, and tests. JavaScript and JSON may well be read. */
const FILES = /(?:\.[cm]?tsx?|\.tsbuildinfo|[.-](?:test|spec)\.\w+|^\.DS_Store|^\.gitignore|^\.gitkeep|^\.bentoignore)$/

/**
 * Whether something merely lies in a folder that code reads as a whole: sources, tests, packages, secrets.
 *
 * @param path POSIX, relative to the folder; with a slash behind where it is a folder
 */
export function isUnread(path: string): boolean {
  const names = path.split('/').filter(name => name !== '')
  const name = names.at(-1) ?? ''
  if (isSecretPath(path) || isSecretPath(path.replace(/\/$/, ''))) return true
  return path.endsWith('/') ? FOLDERS.has(name) : FILES.test(name)
}
