import { isUtf8 } from 'node:buffer'
import type { BentoError } from '../../core/errors.js'
import { type ExtraField, unicodePath } from './extra-fields.js'
import { FLAG, MADE_BY } from './format.js'
import { refuseEntry } from './refuse.js'

/** The upper half of code page 437, which names have by §D.1 unless they say that they are UTF-8. */
const CP437 =
  'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0'

const DOS_LIKE: readonly number[] = [MADE_BY.dos, MADE_BY.ntfs, MADE_BY.vfat]
const UNIX_LIKE: readonly number[] = [MADE_BY.unix, MADE_BY.darwin]

/** What of a header bears on its name. */
export interface NameFields {
  /** Of the entry in the directory. */
  index: number
  flags: number
  /** Upper byte of "version made by". */
  host: number
  raw: Buffer
  extra: readonly ExtraField[]
}

/**
 * The name of an entry as text, whatever it may be encoded in.
 *
 * - With the UTF-8 flag, UTF-8.
 * - Without, a Unicode path field that was made for the name, else UTF-8 if the archive was made on Unix or macOS (whose
 *   own tools don't set the flag) and it is UTF-8, else code page 437.
 * - Of an archive made on DOS or Windows, `\` is `/`: no name there can hold it, and PowerShell 5 separates with it. Not
 *   in names that may be of another code page, where it can be half of a character.
 *
 * @throws `ENTRY_NAME` for a name that is not what it says, or that has two forms which differ
 */
export function decodeName({ index, flags, host, raw, extra }: NameFields): string {
  const refuse = (what: string): BentoError => refuseEntry({ index, name: raw.toString('latin1') }, what, 'ENTRY_NAME')
  if (raw.length === 0) throw refuse('has no name')
  const ascii = isAscii(raw)
  const flagged = (flags & FLAG.utf8) !== 0
  const unicode = unicodePath(raw, extra)
  if (unicode === null) throw refuse('has a Unicode path field that is damaged, or made for another name')
  if (ascii || flagged) {
    if (!ascii && !isUtf8(raw)) throw refuse('has a name that is not UTF-8, as it says')
    const name = raw.toString('utf8')
    if (unicode !== undefined && unicode !== name) throw refuse('has a second, different name in a Unicode path field')
    return DOS_LIKE.includes(host) ? name.replaceAll('\\', '/') : name
  }
  if (unicode !== undefined) return unicode
  if (UNIX_LIKE.includes(host) && isUtf8(raw)) return raw.toString('utf8')
  return fromCp437(raw)
}

function isAscii(bytes: Buffer): boolean {
  for (const byte of bytes) if (byte > 0x7f) return false
  return true
}

function fromCp437(bytes: Buffer): string {
  let text = ''
  for (const byte of bytes) text += byte < 0x80 ? String.fromCharCode(byte) : CP437[byte - 0x80]
  return text
}
