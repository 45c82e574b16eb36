/** Most that a stored chunk of LZMA2 can hold. */
export const CHUNK = 64 * 1024
/** Bytes before each stored chunk. */
export const CHUNK_HEADER = 3

/**
 * How stored chunks begin: the first resets the dictionary, the others go on in it; `END` ends a block. (LZMA2's chunks
 * are described in liblzma's `lzma2_decoder.c`, in the public domain; the format's own page leaves them out.)
 */
export const FIRST = 1
export const NEXT = 2
export const END = 0

const FIRST_FULL = header(FIRST, CHUNK)
const NEXT_FULL = header(NEXT, CHUNK)
const LAST = Uint8Array.of(END)

/** Bytes of LZMA2 that storing so many bytes takes. */
export function storedSize(length: number): number {
  return length + CHUNK_HEADER * Math.ceil(length / CHUNK) + 1
}

/**
 * Data as LZMA2 that stores it: three bytes before every 64 KiB, one at the end. The data isn't copied; the pieces are
 * parts of it.
 */
export function storedPieces(data: Uint8Array): Uint8Array[] {
  const pieces: Uint8Array[] = []
  for (let at = 0; at < data.length; at += CHUNK) {
    const chunk = data.subarray(at, at + CHUNK)
    const control = at === 0 ? FIRST : NEXT
    const full = at === 0 ? FIRST_FULL : NEXT_FULL
    pieces.push(chunk.length === CHUNK ? full : header(control, chunk.length), chunk)
  }
  pieces.push(LAST)
  return pieces
}

/** The kind of chunk, then its length less one, the higher byte first. */
function header(control: number, length: number): Uint8Array {
  return Uint8Array.of(control, (length - 1) >> 8, (length - 1) & 255)
}
