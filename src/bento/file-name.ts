import { visible } from '../core/text.js'

/** Limits of the archives a bento travels in, and of common file systems. */
const LONGEST_PART = 255
const LONGEST_PATH = 1024
const DEEPEST = 64

/**
 * What keeps a relative POSIX path from being stored, packed and unpacked everywhere, as a short phrase; undefined when
 * nothing does. The rules are those the import of archives enforces, so that what is built here can be imported there.
 */
export function nameProblem(path: string): string | undefined {
  if (path === '') return 'it is empty'
  if (visible(path) !== path) return 'it holds control or invisible characters'
  if (path.includes('\\')) return 'it holds a backslash'
  if (path.startsWith('/') || /^[a-z]:/i.test(path)) return 'it is absolute'
  const parts = path.split('/')
  if (parts.includes('..')) return 'it leads out of its folder'
  if (parts.includes('') || parts.includes('.')) return 'it is not in its simplest form'
  if (parts.length > DEEPEST) return `it is more than ${DEEPEST} folders deep`
  if (Buffer.byteLength(path) > LONGEST_PATH) return `it is longer than ${LONGEST_PATH} bytes`
  if (parts.some(part => Buffer.byteLength(part) > LONGEST_PART)) return `a part is longer than ${LONGEST_PART} bytes`
  return undefined
}
