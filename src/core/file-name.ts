import { visible } from './text.js'

/** How long and deep a path may be: bounds of the archives an item travels in, and of common file systems. */
export const PATH_LIMITS = {
  /** Bytes of a path. */
  path: 1024,
  /** Bytes of one part of it. */
  part: 255,
  /** Parts of it. */
  depth: 64,
} as const

/** Characters that join others (in Persian, in emoji), though invisible by themselves. */
const JOINERS = /[\u200c\u200d]/g

/**
 * What makes a path unsafe or ambiguous as the name of something in an archive, as a short phrase; undefined when
 * nothing does. The rules are the same on every platform: what is drive or separator to Windows is refused on Linux, too.
 *
 * @param path relative POSIX path in its simplest form
 */
export function unsafeName(path: string): string | undefined {
  if (path === '') return 'it is empty'
  if (hidesText(path)) return 'it holds control or invisible characters'
  if (path.includes('\\')) return 'it holds a backslash'
  if (path.startsWith('/') || /^[a-z]:/i.test(path)) return 'it is absolute'
  const parts = path.split('/')
  if (parts.includes('..')) return 'it leads out of its folder'
  if (parts.includes('') || parts.includes('.')) return 'it is not in its simplest form'
  return undefined
}

/** Whether a name holds characters that steer a terminal, reorder text or can't be seen. */
export function hidesText(name: string): boolean {
  const shown = name.replaceAll(JOINERS, '')
  return visible(shown) !== shown
}

/**
 * What keeps a relative POSIX path from being stored, packed and unpacked everywhere, as a short phrase; undefined when
 * nothing does. The rules are those the import of archives enforces, so that what is built here can be imported there.
 */
export function nameProblem(path: string): string | undefined {
  const unsafe = unsafeName(path)
  if (unsafe !== undefined) return unsafe
  const parts = path.split('/')
  const { path: longest, part: longestPart, depth } = PATH_LIMITS
  if (parts.length > depth) return `it is more than ${depth} folders deep`
  if (Buffer.byteLength(path) > longest) return `it is longer than ${longest} bytes`
  if (parts.some(part => Buffer.byteLength(part) > longestPart)) return `a part is longer than ${longestPart} bytes`
  return undefined
}
