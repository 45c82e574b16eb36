import { isUtf8 } from 'node:buffer'

/** What else one finds in place of an archive, by how it begins (bytes as Latin-1). */
const KINDS: readonly (readonly [string | RegExp, string])[] = [
  ['version https://git-lfs', 'a git-lfs pointer: "git lfs pull" fetches the file itself'],
  [/^\s*<(?:!doctype html|html)/i, 'an HTML page, perhaps an error or a login in place of a download'],
  [/^\s*<\?xml/i, 'an XML document, perhaps an error in place of a download'],
  [/^\s*[{[]\s*(?:["{[}\]]|-?\d)/, 'a JSON document, perhaps an error in place of a download'],
  ['\x28\xb5\x2f\xfd', 'zstd, which is not read here'],
  ['7z\xbc\xaf\x27\x1c', '7z, which is not read here'],
  ['Rar!\x1a\x07', 'RAR, which is not read here'],
  ['LZIP', 'lzip, which is not read here'],
  ['\x04\x22\x4d\x18', 'LZ4, which is not read here'],
  ['\x1f\x9d', 'compress (.Z), which is not read here'],
  [']\0\0', 'LZMA without xz, which is not read here'],
  ['BZ', 'bzip2 that is damaged or too old'],
  ['%PDF', 'a PDF document'],
  ['GGUF', 'a model itself (GGUF)'],
  ['\x89HDF\r\n', 'HDF5, perhaps a model itself'],
  ['\x80\x04\x95', 'a Python pickle'],
  ['\x7fELF', 'a program'],
  ['MZ', 'a program'],
]

/** What the beginning of a file that is no archive looks like, to follow "it is". */
export function looksLike(head: Uint8Array): string {
  if (head.length === 0) return 'empty'
  const text = Buffer.from(head.buffer, head.byteOffset, head.length).toString('latin1')
  const begins = (how: string | RegExp) => (typeof how === 'string' ? text.startsWith(how) : how.test(text))
  const [, kind] = KINDS.find(([how]) => begins(how)) ?? []
  if (kind !== undefined) return kind
  // The length of a header of JSON, 8 bytes, little endian.
  if (text.startsWith('\0\0{"', 6)) return 'a model itself (safetensors)'
  // A character may be cut at the end of what is looked at.
  const whole = head.length < 512 ? head : head.subarray(0, head.findLastIndex(byte => byte < 0x80) + 1)
  const isText = whole.length > 0 && isUtf8(whole) && !whole.includes(0)
  return isText ? 'text' : 'of no format known here'
}
