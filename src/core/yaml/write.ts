import { BentoError } from '../errors.js'
import { plainKind } from './resolve.js'
import { chooseStyle, escaped, isSimpleKey, keyScalar, needsEscape, type Scalar, scalarOf } from './scalar.js'
import { isYamlMap, MAX_DEPTH, spellingOf, type YamlMap, type YamlValue } from './value.js'

const INDENT = 2
const WIDTH = 80

/** How {@link writeYaml} quotes. */
export interface WriteOptions {
  /**
   * `portable` also quotes what readers other than PyYAML would misread; `pyyaml` is PyYAML to the byte.
   * @default 'portable'
   */
  quoting?: 'portable' | 'pyyaml'
}

/**
 * Writes a value in the very form that PyYAML's `safe_dump(value, sort_keys=False)` gives it: block style, lists not
 * indented below their key, ASCII only, lines folded at 80 columns, one newline at the end. `test/interop` holds it
 * against PyYAML itself.
 *
 * Whole numbers are written as ints, except where they were read as floats (`1.0`) or lie beyond 2^53; `bigint` is
 * always an int.
 *
 * @throws `VALUE_INVALID` for what YAML can't hold: half of a surrogate pair, a cycle, a value of another type.
 */
export function writeYaml(value: YamlValue, options: WriteOptions = {}): string {
  const exact = options.quoting === 'pyyaml'
  if (isEmpty(value)) return `${emptyText(value)}\n`
  if (isBlock(value)) return `${writeBlock(value, { indent: 0, depth: 1, exact })}\n`
  const scalar = scalarOf(value, undefined, exact)
  // A document that is one plain word needs an end mark.
  const end = !scalar.binary && chooseStyle(scalar, false) === 'plain' ? '\n...\n' : '\n'
  return writeScalar(scalar, 0, INDENT, false) + end
}

interface Place {
  /** Columns before the block's own lines. */
  indent: number
  depth: number
  exact: boolean
}

/** A list or map with something in it: it takes lines of its own. */
function isBlock(value: YamlValue): value is YamlValue[] | YamlMap {
  return (Array.isArray(value) || isYamlMap(value)) && !isEmpty(value)
}

function isEmpty(value: YamlValue): boolean {
  return Array.isArray(value) ? value.length === 0 : isYamlMap(value) && Object.keys(value).length === 0
}

function emptyText(value: YamlValue): string {
  return Array.isArray(value) ? '[]' : '{}'
}

/** The lines of a list or map, without the indent of the first, which may follow a dash. */
function writeBlock(value: YamlValue[] | YamlMap, place: Place): string {
  if (place.depth > MAX_DEPTH) {
    throw new BentoError('VALUE_INVALID', `A value nests deeper than ${MAX_DEPTH} levels.`)
  }
  const entries = Array.isArray(value) ? writeItems(value, place) : writeEntries(value, place)
  return entries.join(`\n${' '.repeat(place.indent)}`)
}

function writeItems(list: YamlValue[], place: Place): string[] {
  const spelling = spellingOf(list)
  return list.map((item, index) => `- ${writeInline(item, spelling?.scalars.get(String(index)), place)}`)
}

function writeEntries(map: YamlMap, place: Place): string[] {
  const { indent, exact } = place
  const spelling = spellingOf(map)
  return orderedKeys(map, spelling?.keys).map(key => {
    const plainKey = spelling?.plainKeys.has(key) === true && plainKind(key) !== 'str'
    const scalar = plainKey ? keyScalar(key) : scalarOf(key, undefined, exact)
    const value = map[key] as YamlValue
    const source = spelling?.scalars.get(key)
    if (isSimpleKey(scalar)) return writeEntry(writeScalar(scalar, indent, indent, true), value, source, place)
    const long = writeScalar(scalar, indent + INDENT, indent + INDENT, false)
    return `? ${long}\n${' '.repeat(indent)}: ${writeInline(value, source, place)}`
  })
}

function writeEntry(key: string, value: YamlValue, source: string | undefined, place: Place): string {
  const { indent, depth, exact } = place
  if (!isBlock(value)) return `${key}: ${writeLeaf(value, source, indent + key.length + 2, place)}`
  const inner = Array.isArray(value) ? indent : indent + INDENT
  return `${key}:\n${' '.repeat(inner)}${writeBlock(value, { indent: inner, depth: depth + 1, exact })}`
}

/** What follows a mark of two columns, `- ` or `: `, on its own line. */
function writeInline(value: YamlValue, source: string | undefined, place: Place): string {
  const indent = place.indent + INDENT
  if (isBlock(value)) return writeBlock(value, { ...place, indent, depth: place.depth + 1 })
  return writeLeaf(value, source, indent, place)
}

function writeLeaf(value: YamlValue, source: string | undefined, column: number, { indent, exact }: Place): string {
  if (isEmpty(value)) return emptyText(value)
  return writeScalar(scalarOf(value, source, exact), column, indent + INDENT, false)
}

/**
 * @param column where the text begins
 * @param indent of the lines that it goes on in
 */
function writeScalar(scalar: Scalar, column: number, indent: number, isKey: boolean): string {
  const width = isKey ? Number.POSITIVE_INFINITY : WIDTH
  if (scalar.binary) return binary(scalar.text, indent)
  const style = chooseStyle(scalar, isKey)
  if (style === 'double') return doubleQuoted(Array.from(scalar.text), column, indent, width)
  return style === 'single'
    ? singleQuoted(scalar.text, column, indent, width)
    : plain(scalar.text, column, indent, width)
}

function plain(text: string, column: number, indent: number, width: number): string {
  return fold(text.split(/(?<! ) (?! )/), column, indent, width)
}

/** Joins words by spaces, or by line ends where a line has grown too long. */
function fold(words: readonly string[], column: number, indent: number, width: number): string {
  let end = column
  return words
    .map((word, index) => {
      const breaks = index > 0 && end > width
      const start = index === 0 ? '' : breaks ? `\n${' '.repeat(indent)}` : ' '
      end = (breaks ? indent : end + start.length) + word.length
      return start + word
    })
    .join('')
}

/** A line end within is written twice, since a single one would read as a space. */
function singleQuoted(text: string, column: number, indent: number, width: number): string {
  // Spaces at either end of the text, or more than one, are no place to fold at.
  const lines = text.replaceAll("'", "''").split(/(\n+)/)
  const parts = lines.map((line, index) => {
    if (index % 2 === 1) return `\n${line}${' '.repeat(indent)}`
    const start = index === 0 ? column + 1 : indent
    return fold(line.split(/(?<=[^ ]) (?=[^ ])/), start, indent, width)
  })
  return `'${parts.join('')}'`
}

/** Folds before a space, after an escape, and before what follows one; a space that begins a line is escaped. */
function doubleQuoted(text: readonly string[], column: number, indent: number, width: number): string {
  let out = '"'
  let end = column + 1
  let afterEscape = false
  for (const [index, character] of text.entries()) {
    const isEscape = needsEscape(character)
    const written = isEscape ? escaped(character) : character
    if (isEscape) {
      out += written
      end += written.length
    }
    const mayFold = index > 0 && index < text.length - 1 && (isEscape || afterEscape || character === ' ')
    // A line may be one column longer where it ends with an escape.
    if (mayFold && end > width + (isEscape ? 1 : 0)) {
      const next = isEscape ? text[index + 1] : character
      const mark = next === ' ' ? '\\' : ''
      out += `\\\n${' '.repeat(indent)}${mark}`
      end = indent + mark.length
    }
    if (!isEscape) {
      out += written
      end += 1
    }
    afterEscape = isEscape
  }
  return `${out}"`
}

/** Base64 as a literal block. */
function binary(base64: string, indent: number): string {
  if (base64 === '') return '!!binary ""'
  const lines = base64.trimEnd().split('\n')
  return ['!!binary |', ...lines.map(line => ' '.repeat(indent) + line)].join('\n')
}

/** The keys of a map, as they were read where number-like ones among them have lost their place. */
function orderedKeys(map: YamlMap, known: string[] | undefined): string[] {
  const keys = Object.keys(map)
  if (known === undefined) return keys
  const place = new Map(known.map((key, index) => [key, index]))
  return keys.sort((a, b) => (place.get(a) ?? known.length) - (place.get(b) ?? known.length))
}
