import { isUtf8 } from 'node:buffer'
import { closeSync, openSync, readFileSync, readSync } from 'node:fs'

const shared = Buffer.allocUnsafeSlow(64 * 1024)

/** A whole text file. */
export interface TextFile {
  /** Undefined where the file is not UTF-8. */
  text: string | undefined
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
    if (bytes < shared.length) return { text: decode(shared.subarray(0, bytes)), bytes }
  } finally {
    closeSync(file)
  }
  const content = readFileSync(path)
  return { text: decode(content), bytes: content.length }
}

/** `toString` alone would put a replacement character in the place of what is wrong. */
function decode(content: Buffer): string | undefined {
  return isUtf8(content) ? content.toString('utf8') : undefined
}
