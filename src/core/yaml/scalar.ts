import { BentoError } from '../errors.js'
import { isAmbiguous, MAX_DIGITS, plainKind } from './resolve.js'
import type { YamlValue } from './value.js'

/** PyYAML writes `? key` and `: value` on lines of their own when tag and key together are this long. */
const MAX_SIMPLE_KEY = 128

/** ASCII and line ends, no space next to a line end: what single quotes hold unchanged. */
const FITS_SINGLE = /^(?!.*(?: \n|\n ))[\n -~]*$/s
/** Where an unquoted text would be taken for something else: marks at its start, `: ` and ` #` within. */
const NEEDS_QUOTES = /^(?:---|\.\.\.|[#,[\]{}&*!|>'"%@` ]|[?:-](?: |$))|:(?: |$)| #| $|\n/
/** Line ends, as YAML 1.1 knows them. */
const LINE_END = /[\n\x85\u2028\u2029]/
const ESCAPES: Record<string, string> = {
  '\0': '0',
  '\x07': 'a',
  '\b': 'b',
  '\t': 't',
  '\n': 'n',
  '\v': 'v',
  '\f': 'f',
  '\r': 'r',
  '\x1b': 'e',
  '"': '"',
  '\\': '\\',
  '\x85': 'N',
  '\xa0': '_',
  '\u2028': 'L',
  '\u2029': 'P',
}

/** A scalar on its way out. */
export interface Scalar {
  text: string
  /** Whether readers take the unquoted text for what it is. */
  plain: boolean
  /** A tag that must be written, and a literal block with it. */
  binary?: boolean
  /** Length of the tag's short form, which counts in {@link MAX_SIMPLE_KEY}. */
  tagLength: number
}

/** Whether a character can't stand in double quotes as it is. */
export function needsEscape(character: string): boolean {
  return character === '"' || character === '\\' || character < ' ' || character > '~'
}

/** A character's escape in double quotes. */
export function escaped(character: string): string {
  const known = ESCAPES[character]
  if (known !== undefined) return `\\${known}`
  const code = character.codePointAt(0) ?? 0
  const hex = code.toString(16).toUpperCase()
  if (code <= 0xff) return `\\x${hex.padStart(2, '0')}`
  return code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`
}

/** Whether a key can stand before its colon, without `? `. */
export function isSimpleKey({ text, tagLength }: Scalar): boolean {
  const length = Array.from(text).length
  return length > 0 && tagLength + length < MAX_SIMPLE_KEY && !LINE_END.test(text)
}

/** The least quotes that keep a text what it is. */
export function chooseStyle({ text, plain }: Scalar, isKey: boolean): 'plain' | 'single' | 'double' {
  if (!FITS_SINGLE.test(text) || (isKey && text.includes('\n'))) return 'double'
  if (!plain || (isKey && text === '')) return 'single'
  return NEEDS_QUOTES.test(text) ? 'single' : 'plain'
}

const TAG_LENGTHS: Record<string, number> = { float: 7, bool: 6, null: 6, int: 5, timestamp: 11 }

/** A key that YAML 1.1 reads as something else than text, and was written so. */
export function keyScalar(text: string): Scalar {
  return { text, plain: true, tagLength: TAG_LENGTHS[plainKind(text)] ?? 5 }
}

/**
 * How a value is written.
 *
 * @param source what it had been written as where it was read.
 * @param exact quotes as PyYAML does, without the further ones.
 * @throws `VALUE_INVALID`
 */
export function scalarOf(value: YamlValue, source: string | undefined, exact: boolean): Scalar {
  const plain = (text: string) => ({ text, plain: true, tagLength: 5 })
  switch (typeof value) {
    case 'string': {
      checkText(value)
      if (source === value && plainKind(source) === 'timestamp') return plain(value)
      return { text: value, plain: exact ? plainKind(value) === 'str' : !isAmbiguous(value), tagLength: 5 }
    }
    case 'number': {
      const float = source !== undefined && plainKind(source) === 'float'
      return plain(float || !Number.isSafeInteger(value) || Object.is(value, -0) ? pythonFloat(value) : String(value))
    }
    case 'bigint':
      if (String(value).length > MAX_DIGITS) {
        throw new BentoError('VALUE_INVALID', 'A whole number has too many digits.')
      }
      return plain(String(value))
    case 'boolean':
      return plain(String(value))
    default:
      if (value === null) return plain('null')
      if (value instanceof Uint8Array) return { text: base64Lines(value), plain: false, binary: true, tagLength: 8 }
      throw new BentoError('VALUE_INVALID', `A ${typeof value} cannot be written as YAML.`)
  }
}

function checkText(text: string): void {
  if (/\p{Surrogate}/u.test(text)) {
    throw new BentoError('VALUE_INVALID', `${JSON.stringify(text)} is broken Unicode: half of a surrogate pair.`)
  }
}

/** `base64.encodebytes`: lines of 76 characters, each with a newline. */
function base64Lines(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString('base64')
    .replace(/.{1,76}/g, '$&\n')
}

/**
 * `repr(float)` of Python, with PyYAML's `.0` before an exponent: `1.0`, `1.0e-07`, `.inf`, `.nan`.
 */
function pythonFloat(value: number): string {
  if (Number.isNaN(value)) return '.nan'
  if (!Number.isFinite(value)) return value > 0 ? '.inf' : '-.inf'
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0'
  // Both languages print the shortest digits that read back as the same number; they differ in when to use exponents.
  const [mantissa = '', power = '0'] = value.toExponential().split('e')
  const exponent = Number(power)
  if (exponent < -4 || exponent >= 16) {
    const digits = mantissa.includes('.') ? mantissa : `${mantissa}.0`
    return `${digits}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`
  }
  const sign = mantissa.startsWith('-') ? '-' : ''
  const digits = mantissa.replace(/[-.]/g, '')
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0')
  return `${sign}${whole}.${digits.slice(exponent + 1) || '0'}`
}
