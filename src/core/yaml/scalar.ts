import { BentoError } from '../errors.js'
import { isAmbiguous, MAX_DIGITS, plainKind } from './resolve.js'
import type { YamlValue } from './value.js'

/** PyYAML gives up on a simple `key: value` when tag and key together are this long (`Emitter.check_simple_key`). */
const MAX_SIMPLE_KEY = 128

/** What PyYAML takes for line breaks. */
export const BREAKS = '\n\x85\u2028\u2029'
const SPACES = `\0 \t\r${BREAKS}`
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

/** Which styles a text allows. */
export interface Analysis {
  multiline: boolean
  plain: boolean
  singleQuoted: boolean
  block: boolean
}

/** Text as code points: PyYAML counts and tests those, not UTF-16 units. */
export function toCharacters(text: string): readonly string[] {
  return Array.from(text)
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

/** Whether a key can stand before its colon, without `? ` (`Emitter.check_simple_key`). */
export function isSimpleKey(scalar: Scalar): boolean {
  const characters = toCharacters(scalar.text)
  if (characters.length === 0 || scalar.tagLength + characters.length >= MAX_SIMPLE_KEY) return false
  return !characters.some(character => BREAKS.includes(character))
}

/** `Emitter.choose_scalar_style`. */
export function chooseStyle(scalar: Scalar, analysis: Analysis, isKey: boolean): '' | "'" | '"' | '|' {
  if (scalar.binary) return analysis.block ? '|' : '"'
  const keyInTheWay = isKey && (scalar.text === '' || analysis.multiline)
  if (scalar.plain && !keyInTheWay && analysis.plain) return ''
  if (analysis.singleQuoted && !(isKey && analysis.multiline)) return "'"
  return '"'
}

/** `Emitter.analyze_scalar`, for block context. */
export function analyze(text: readonly string[]): Analysis {
  if (text.length === 0) return { multiline: false, plain: true, singleQuoted: true, block: false }
  let indicators = /^(?:---|\.\.\.)/.test(text.slice(0, 3).join(''))
  let multiline = false
  let special = false
  let breakSpace = false
  let spaceBreak = false
  text.forEach((character, index) => {
    const previous = text[index - 1] ?? ''
    const next = text[index + 1]
    const beforeSpace = next === undefined || SPACES.includes(next)
    if (index === 0) {
      if ('#,[]{}&*!|>\'"%@`'.includes(character)) indicators = true
      if ('?:-'.includes(character) && beforeSpace) indicators = true
    } else {
      if (character === ':' && beforeSpace) indicators = true
      if (character === '#' && SPACES.includes(previous)) indicators = true
    }
    const isBreak = BREAKS.includes(character)
    if (isBreak) multiline = true
    if (character !== '\n' && (character < ' ' || character > '~')) special = true
    if (character === ' ' && index > 0 && BREAKS.includes(previous)) breakSpace = true
    if (isBreak && previous === ' ') spaceBreak = true
  })
  const edgeSpace = [0, -1].some(index => ` ${BREAKS}`.includes(text.at(index) ?? ' '))
  const onlyDouble = spaceBreak || special
  return {
    multiline,
    plain: !edgeSpace && !breakSpace && !onlyDouble && !multiline && !indicators,
    singleQuoted: !breakSpace && !onlyDouble,
    block: !onlyDouble && text.at(-1) !== ' ',
  }
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
