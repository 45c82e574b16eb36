import { parseTime } from '../time.js'
import type { YamlValue } from './value.js'

// The implicit resolvers of PyYAML 6 (`yaml/resolver.py`), in its order; the first that matches wins.
const BOOL = /^(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/
const FLOAT =
  /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/
const INT =
  /^(?:[-+]?0b[01_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+)$/
const NULL = /^(?:~|null|Null|NULL|)$/
const TIMESTAMP =
  /^(?:[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt]|[ \t]+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?(?:[ \t]*(?:Z|[-+][0-9]{1,2}(?::[0-9]{2})?))?)$/

// What readers of YAML 1.2 (core schema), of YAML 1.1 to the letter, or lenient ones take for a number, bool or date,
// beyond PyYAML: `1e5`, `0o17`, `y`, `08:30`, `2024-1-1`.
const ELSEWHERE =
  /^(?:[-+]?[0-9_]*\.?[0-9_]*(?:[eE][-+]?[0-9]+)?|[-+]?0[oO][0-7_]+|[-+]?0[xX][0-9a-fA-F_]+|[-+]?0[bB][01_]+|[yYnN]|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt \t].*)?|[-+]?\.(?:inf|Inf|INF|nan|NaN|NAN))$/

/** Python itself refuses to convert more digits than that (`sys.set_int_max_str_digits`): it takes quadratic time. */
export const MAX_DIGITS = 4300

/** What PyYAML's SafeLoader takes an unquoted scalar for. */
export type ScalarKind = 'str' | 'bool' | 'float' | 'int' | 'null' | 'timestamp' | 'merge' | 'value'

/** Names the kind of an unquoted scalar, by the rules of PyYAML's SafeLoader (YAML 1.1 with its own exceptions). */
export function plainKind(text: string): ScalarKind {
  // PyYAML looks the first character up before it tries an expression; so most text is settled here.
  if (!/^[-+0-9.yYnNtTfFoO~<=]|^$/.test(text)) return 'str'
  if (BOOL.test(text)) return 'bool'
  if (FLOAT.test(text)) return 'float'
  if (INT.test(text)) return 'int'
  if (text === '<<') return 'merge'
  if (NULL.test(text)) return 'null'
  if (TIMESTAMP.test(text)) return 'timestamp'
  return text === '=' ? 'value' : 'str'
}

/** Whether some common YAML reader, of version 1.1 or 1.2, would take unquoted text for something else than text. */
export function isAmbiguous(text: string): boolean {
  return plainKind(text) !== 'str' || ELSEWHERE.test(text)
}

/**
 * Value of an unquoted scalar of that kind. Undefined where PyYAML itself would fail on it (`0b_`, month 13).
 */
export function plainValue(text: string, kind: ScalarKind): YamlValue | undefined {
  switch (kind) {
    case 'bool':
      return /^(?:yes|true|on)$/i.test(text)
    case 'null':
      return null
    case 'int':
      return intValue(text)
    case 'float':
      return floatValue(text)
    case 'timestamp':
      return timestampValue(text)
    case 'str':
      return text
    default:
      return undefined
  }
}

/** `SafeConstructor.construct_yaml_int`: underscores dropped, `0b`, `0x`, `017` as octal, `1:30` to the base 60. */
function intValue(text: string): number | bigint | undefined {
  const digits = text.replaceAll('_', '').replace(/^[-+]/, '')
  let value: bigint
  if (/^0[bx]$/.test(digits) || digits.length > MAX_DIGITS) return undefined
  if (/^0[bx]/.test(digits)) value = BigInt(digits)
  else if (digits.includes(':')) value = digits.split(':').reduce((sum, part) => sum * 60n + BigInt(part), 0n)
  else if (digits.startsWith('0') && digits !== '0') value = BigInt(`0o${digits.slice(1)}`)
  else value = BigInt(digits)
  if (text.startsWith('-')) value = -value
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value
}

/** `SafeConstructor.construct_yaml_float`. */
function floatValue(text: string): number {
  const digits = text.replaceAll('_', '').toLowerCase().replace(/^[-+]/, '')
  const sign = text.startsWith('-') ? -1 : 1
  if (digits === '.inf') return sign * Number.POSITIVE_INFINITY
  if (digits === '.nan') return Number.NaN
  if (!digits.includes(':')) return sign * Number(digits)
  // From the last part on, as PyYAML adds them up: the order decides how the sum is rounded.
  return (
    sign *
    digits.split(':').reduceRight((sum, part, index, parts) => sum + Number(part) * 60 ** (parts.length - 1 - index), 0)
  )
}

/** A timestamp is kept as its text, where it names a real moment. */
function timestampValue(text: string): string | undefined {
  return parseTime(text) === undefined ? undefined : text
}
