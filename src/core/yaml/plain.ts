import { plainKind, plainValue } from './resolve.js'
import { keepSpelling, MAX_DEPTH, setKey, type YamlMap, type YamlValue } from './value.js'

/** Printable ASCII and newlines: what PyYAML writes, and we. */
const ASCII = /^[\n\x20-\x7e]*$/
const SINGLE_QUOTED = /^'(?:[^']|'')*'$/
const DOUBLE_QUOTED = /^"(?:[^"\\]|\\(?:[0abtnvfre"\\N_LP]|x[0-9A-F]{2}|u[0-9A-F]{4}|U[0-9A-F]{8}))*"$/
/** A key and the rest of its line. Long keys, which YAML forbids there, are left to the parser. */
const ENTRY = /^('(?:[^']|'')*'|"(?:[^"\\]|\\.)*"|[A-Za-z0-9_./][^\s:'"#,[\]{}]*):(?: (.*))?$/
const MAX_KEY = 256
/** Beginnings of what is no plain scalar, or might not be one. */
const INDICATOR = /^(?:[,[\]{}#&*!|>'"%@` ]|[-?:](?: |$))/

/** Thrown, without a stack, where the text is not plain enough. */
const NOT_PLAIN = Symbol('not plain')

/**
 * Reads the YAML that PyYAML and we write of usual manifests: block maps and lists of scalars on ASCII lines. Some
 * ten times faster than the `yaml` package, which then need not even be loaded.
 *
 * @returns what `readYaml` would, or undefined where the text has anything beyond that: the parser then decides.
 */
export function readPlainYaml(text: string): YamlMap | undefined {
  if (!ASCII.test(text) || !/^[A-Za-z0-9_'"]/.test(text)) return undefined
  try {
    const reader = new PlainReader(text)
    const map = reader.map(0, 0)
    return reader.done() ? map : undefined
  } catch (error) {
    if (error === NOT_PLAIN) return undefined
    throw error
  }
}

class PlainReader {
  private readonly lines: string[]
  private at = 0
  /** The current line from its first column that is not read yet, as spaces up to there and the rest. */
  private line: string

  constructor(text: string) {
    this.lines = text.split('\n')
    this.line = this.lines[0] ?? ''
  }

  done(): boolean {
    return this.lines.slice(this.at).every(line => line === '')
  }

  /** A map whose keys stand in column `indent`. */
  map(indent: number, depth: number): YamlMap {
    if (depth > MAX_DEPTH) throw NOT_PLAIN
    const map: YamlMap = {}
    const keys: string[] = []
    while (this.here(indent) && !isItem(this.line, indent)) {
      const entry = ENTRY.exec(this.line.slice(indent))
      const written = entry?.[1]
      if (written === undefined || written.length > MAX_KEY) throw NOT_PLAIN
      const key = this.key(map, written)
      if (Object.hasOwn(map, key)) throw NOT_PLAIN
      const value = this.value(map, key, entry?.[2] ?? '', indent, depth, true)
      setKey(map, key, value)
      keys.push(key)
    }
    if (keys.length === 0) throw NOT_PLAIN
    if (keys.some(key => /^\d/.test(key))) keepSpelling(map).keys = keys
    return map
  }

  /** A list whose dashes stand in column `indent`. */
  private list(indent: number, depth: number): YamlValue[] {
    if (depth > MAX_DEPTH) throw NOT_PLAIN
    const list: YamlValue[] = []
    while (this.here(indent) && isItem(this.line, indent)) {
      const rest = this.line.slice(indent + 2)
      const inner = indent + 2
      if (isItem(rest, 0) || ENTRY.test(rest)) {
        // `- - a` and `- key: a`: a collection that begins on the line of its dash.
        this.line = ' '.repeat(inner) + rest
        list.push(isItem(rest, 0) ? this.list(inner, depth + 1) : this.map(inner, depth + 1))
      } else {
        list.push(this.value(list, String(list.length), rest, indent, depth, false))
      }
    }
    return list
  }

  /** The value after a key or a dash; `rest` is what follows on that line. */
  private value(owner: object, key: string, rest: string, indent: number, depth: number, inMap: boolean): YamlValue {
    if (rest === '') return this.block(indent, depth, inMap)
    if (rest === '{}' || rest === '[]') {
      this.next()
      return rest === '{}' ? {} : []
    }
    if (rest.startsWith("'")) return this.singleQuoted(rest, indent)
    if (rest.startsWith('"')) {
      if (!DOUBLE_QUOTED.test(rest)) throw NOT_PLAIN
      this.next()
      return unescapeText(rest)
    }
    const source = this.plain(rest, indent)
    const kind = plainKind(source)
    const value = plainValue(source, kind)
    if (value === undefined) throw NOT_PLAIN
    if (kind !== 'str') keepSpelling(owner).scalars.set(key, source)
    return value
  }

  private block(indent: number, depth: number, inMap: boolean): YamlValue {
    this.next()
    const inner = this.line.length - this.line.trimStart().length
    // A list under a key need not be indented.
    if (inMap && inner === indent && isItem(this.line, inner)) return this.list(inner, depth + 1)
    // Nothing follows: null. Rare, and spelled in more than one way.
    if (inner <= indent || this.line.trim() === '') throw NOT_PLAIN
    return isItem(this.line, inner) ? this.list(inner, depth + 1) : this.map(inner, depth + 1)
  }

  private key(map: YamlMap, written: string): string {
    if (SINGLE_QUOTED.test(written)) return unquote(written)
    if (written.startsWith('"')) {
      if (!DOUBLE_QUOTED.test(written)) throw NOT_PLAIN
      return unescapeText(written)
    }
    const kind = plainKind(written)
    if (kind === 'null' || plainValue(written, kind) === undefined) throw NOT_PLAIN
    if (kind !== 'str') keepSpelling(map).plainKeys.add(written)
    return written
  }

  /** A plain scalar, folded where it goes on in deeper lines. */
  private plain(first: string, indent: number): string {
    let text = first
    this.checkPlain(first, true)
    this.next()
    while (this.line.startsWith(' '.repeat(indent + 1)) && this.line.trim() !== '') {
      const more = this.line.trim()
      this.checkPlain(more, false)
      text += ` ${more}`
      this.next()
    }
    // A blank line within would be a line break; one after the last line of all is nothing.
    if (this.line === '' && !this.done()) throw NOT_PLAIN
    return text
  }

  private checkPlain(text: string, first: boolean): void {
    const bad = first ? INDICATOR.test(text) : /^#/.test(text)
    if (bad || text.includes(': ') || text.includes(' #') || text.endsWith(':') || text.endsWith(' ')) throw NOT_PLAIN
  }

  /** Lines are joined by a space, blank lines are line breaks; spaces around them don't count. */
  private singleQuoted(first: string, indent: number): string {
    const parts = ["'"]
    let segment = first.slice(1)
    let closed = endsQuoted(segment)
    let blanks = 0
    while (!closed) {
      parts.push(segment.trimEnd())
      do {
        if (this.at + 1 >= this.lines.length) throw NOT_PLAIN
        this.next()
        if (this.line.trim() === '') blanks++
      } while (this.line.trim() === '')
      if (!this.line.startsWith(' '.repeat(indent + 1))) throw NOT_PLAIN
      parts.push(blanks > 0 ? '\n'.repeat(blanks) : ' ')
      segment = this.line.trim()
      closed = endsQuoted(segment)
      blanks = 0
    }
    this.next()
    return unquote(parts.join('') + segment)
  }

  /** Whether the current line stands in column `indent`. */
  private here(indent: number): boolean {
    const { line } = this
    return line !== '' && line.charCodeAt(indent) > 0x20 && line.trimStart().length === line.length - indent
  }

  private next(): void {
    this.at++
    this.line = this.lines[this.at] ?? ''
  }
}

function isItem(line: string, column: number): boolean {
  return line.startsWith('- ', column)
}

/** Whether single-quoted text ends with this line. What follows the end on the same line is not plain. */
function endsQuoted(segment: string): boolean {
  const unpaired = segment.replaceAll("''", '')
  const at = unpaired.indexOf("'")
  if (at >= 0 && at < unpaired.length - 1) throw NOT_PLAIN
  return at >= 0
}

function unquote(text: string): string {
  return text.slice(1, -1).replaceAll("''", "'")
}

const ESCAPED: Record<string, string> = {
  0: '\0',
  a: '\x07',
  b: '\b',
  t: '\t',
  n: '\n',
  v: '\v',
  f: '\f',
  r: '\r',
  e: '\x1b',
  N: '\x85',
  _: '\xa0',
  L: '\u2028',
  P: '\u2029',
}

const ESCAPE = /\\(?:x(.{2})|u(.{4})|U(.{8})|(.))/g

function unescapeText(text: string): string {
  return text.slice(1, -1).replace(ESCAPE, (_, x?: string, u?: string, wide?: string, letter = '') => {
    const hex = x ?? u ?? wide
    if (hex === undefined) return ESCAPED[letter] ?? letter
    const code = Number.parseInt(hex, 16)
    if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) throw NOT_PLAIN
    return String.fromCodePoint(code)
  })
}
