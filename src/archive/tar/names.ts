import { isUtf8 } from 'node:buffer'
import { Flaw } from './flaw.js'

/**
 * A name as it stands in a field or in the content of an extension header: it ends at the first NUL, and nothing but
 * NULs may follow, since text that is hidden there is for a reader that sees another name.
 *
 * @param what to follow "has a": `name`
 */
export function readText(bytes: Buffer, at: number, length: number, what: string): string {
  const limit = at + length
  let end = at
  let high = 0
  for (; end < limit; end++) {
    const byte = bytes[end] as number
    if (byte === 0) break
    high |= byte
  }
  for (let index = end; index < limit; index++) {
    if (bytes[index] !== 0) throw new Flaw('ENTRY_NAME', `has a ${what} with more text behind its end (a NUL)`)
  }
  if (high < 0x80) return bytes.toString('latin1', at, end)
  return decodeUtf8(bytes.subarray(at, end), what)
}

/** @throws {Flaw} `ENTRY_NAME` for bytes that are not UTF-8, shown escaped. @param what as in {@link readText} */
export function decodeUtf8(bytes: Buffer, what: string): string {
  if (isUtf8(bytes)) return bytes.toString('utf8')
  throw new Flaw('ENTRY_NAME', `has a ${what} that is not UTF-8: "${escaped(bytes)}"`)
}

/** Bytes that an escaped name shows. */
const SHOWN = 200

/** Bytes as text: printable ASCII as it is, the rest as `\xNN`. */
function escaped(bytes: Buffer): string {
  const text = [...bytes.subarray(0, SHOWN)].map(byte =>
    byte >= 0x20 && byte < 0x7f && byte !== 0x5c
      ? String.fromCharCode(byte)
      : `\\x${byte.toString(16).padStart(2, '0')}`,
  )
  return text.join('') + (bytes.length > SHOWN ? '…' : '')
}
