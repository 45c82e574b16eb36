import type { Field } from './layout.js'

const SPACE = 0x20
const ZERO = 0x30
const BASE_256 = 0x80

/**
 * Reads the number in a header's field, strictly, since lenient readers disagree about the rest: octal digits, with
 * spaces before and spaces or NULs behind (POSIX ustar; of nothing but those it is 0), or a positive binary number behind
 * the byte 0x80 (GNU, star).
 *
 * @returns undefined for anything else: negative numbers, numbers above 2^53 - 1, other characters
 */
export function readNumber(block: Uint8Array, start: number, field: Field): number | undefined {
  const at = start + field.at
  return ((block[at] as number) & BASE_256) === 0
    ? readOctal(block, at, field.length)
    : readBinary(block, at, field.length)
}

function readOctal(block: Uint8Array, at: number, length: number): number | undefined {
  const end = at + length
  let index = at
  while (index < end && block[index] === SPACE) index++
  let value = 0
  for (; index < end; index++) {
    const digit = (block[index] as number) - ZERO
    if (digit < 0 || digit > 7) break
    value = value * 8 + digit
  }
  for (; index < end; index++) if (block[index] !== SPACE && block[index] !== 0) return undefined
  return value
}

function readBinary(block: Uint8Array, at: number, length: number): number | undefined {
  if (block[at] !== BASE_256) return undefined
  let value = 0
  for (let index = at + 1; index < at + length; index++) {
    value = value * 256 + (block[index] as number)
    if (value > Number.MAX_SAFE_INTEGER) return undefined
  }
  return value
}
