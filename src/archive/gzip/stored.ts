/** Most that a stored block of deflate can hold. */
const MOST = 65_535
const FULL_HEADER = header(MOST)

/**
 * Data as stored blocks of deflate, none of them the last (RFC 1951 §3.2.4): five bytes before every 65,535. The data
 * isn't copied; the pieces are parts of it.
 */
export function storedDeflate(data: Uint8Array): Uint8Array[] {
  const pieces: Uint8Array[] = []
  for (let at = 0; at < data.length; at += MOST) {
    const block = data.subarray(at, at + MOST)
    pieces.push(block.length === MOST ? FULL_HEADER : header(block.length), block)
  }
  return pieces
}

/** Type 0 and not the last, filled up to a byte; then the length, and its complement. */
function header(length: number): Uint8Array {
  return Uint8Array.of(0, length & 255, length >> 8, ~length & 255, (~length >> 8) & 255)
}
