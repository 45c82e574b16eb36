import { BentoError } from '../errors.js'
import { plainKind } from './resolve.js'
import {
  analyze,
  BREAKS,
  chooseStyle,
  escaped,
  isSimpleKey,
  keyScalar,
  needsEscape,
  type Scalar,
  scalarOf,
  toCharacters,
} from './scalar.js'
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
 * Writes a value as PyYAML's `safe_dump(value, sort_keys=False)` does: a port of its emitter for the events that
 * `safe_dump` makes (`yaml/emitter.py` of PyYAML 6, MIT licence, by Kirill Simonov). ASCII only, lines folded at 80 columns, one newline at the end.
 *
 * Whole numbers are written as ints, except where they were read as floats (`1.0`) or lie beyond 2^53; `bigint` is
 * always an int.
 *
 * @throws `VALUE_INVALID` for what YAML can't hold: half of a surrogate pair, a cycle, a value of another type.
 */
export function writeYaml(value: YamlValue, options: WriteOptions = {}): string {
  const emitter = new Emitter(options.quoting === 'pyyaml')
  emitter.node(value, undefined, { root: true })
  return emitter.end()
}

interface Context {
  root?: boolean
  mapping?: boolean
  simpleKey?: boolean
}

class Emitter {
  private readonly exact: boolean
  private out = ''
  private column = 0
  private indent = -1
  private whitespace = true
  private indention = true
  private openEnded = false
  private depth = 0

  constructor(exact: boolean) {
    this.exact = exact
  }

  node(value: YamlValue, source: string | undefined, context: Context): void {
    if (!Array.isArray(value) && !isYamlMap(value)) {
      this.scalar(scalarOf(value, source, this.exact), context)
      return
    }
    if (++this.depth > MAX_DEPTH) {
      throw new BentoError('VALUE_INVALID', `A value nests deeper than ${MAX_DEPTH} levels.`)
    }
    if (Array.isArray(value)) this.list(value, context)
    else this.map(value)
    this.depth--
  }

  end(): string {
    this.writeIndent()
    if (this.openEnded) {
      this.indicator('...', true)
      this.writeIndent()
    }
    return this.out
  }

  private list(list: YamlValue[], context: Context): void {
    if (list.length === 0) {
      this.indicator('[', true, true)
      this.indicator(']', false)
      return
    }
    const outer = this.indent
    // A list right under its key is not indented; one within a list is.
    if (this.indent < 0) this.indent = 0
    else if (!(context.mapping && !this.indention)) this.indent += INDENT
    const spelling = spellingOf(list)
    list.forEach((item, index) => {
      this.writeIndent()
      this.indicator('-', true, false, true)
      this.node(item, spelling?.scalars.get(String(index)), {})
    })
    this.indent = outer
  }

  private map(map: YamlMap): void {
    const spelling = spellingOf(map)
    const keys = orderedKeys(map, spelling?.keys)
    if (keys.length === 0) {
      this.indicator('{', true, true)
      this.indicator('}', false)
      return
    }
    const outer = this.indent
    this.indent = this.indent < 0 ? 0 : this.indent + INDENT
    for (const key of keys) {
      const plainKey = spelling?.plainKeys.has(key) === true && plainKind(key) !== 'str'
      const scalar = plainKey ? keyScalar(key) : scalarOf(key, undefined, this.exact)
      this.writeIndent()
      if (isSimpleKey(scalar)) {
        this.scalar(scalar, { mapping: true, simpleKey: true })
        this.indicator(':', false)
      } else {
        this.indicator('?', true, false, true)
        this.scalar(scalar, { mapping: true })
        this.writeIndent()
        this.indicator(':', true, false, true)
      }
      this.node(map[key] as YamlValue, spelling?.scalars.get(key), { mapping: true })
    }
    this.indent = outer
  }

  private scalar(scalar: Scalar, context: Context): void {
    const characters = toCharacters(scalar.text)
    const analysis = analyze(characters)
    const style = chooseStyle(scalar, analysis, context.simpleKey === true)
    if (scalar.binary) this.indicator('!!binary', true)
    const outer = this.indent
    this.indent = this.indent < 0 ? INDENT : this.indent + INDENT
    const split = !context.simpleKey
    if (style === '"') this.doubleQuoted(characters, split)
    else if (style === "'") this.singleQuoted(characters, split)
    else if (style === '|') this.literal(characters)
    else this.plain(characters, split, context.root === true)
    this.indent = outer
  }

  private write(data: string): void {
    this.out += data
    this.column += data.length
  }

  private indicator(text: string, needWhitespace: boolean, whitespace = false, indention = false): void {
    this.write(this.whitespace || !needWhitespace ? text : ` ${text}`)
    this.whitespace = whitespace
    this.indention = this.indention && indention
    this.openEnded = false
  }

  private writeIndent(): void {
    const indent = Math.max(this.indent, 0)
    if (!this.indention || this.column > indent || (this.column === indent && !this.whitespace)) this.lineBreak()
    if (this.column < indent) {
      this.whitespace = true
      this.write(' '.repeat(indent - this.column))
    }
  }

  private lineBreak(data = '\n'): void {
    this.whitespace = true
    this.indention = true
    this.out += data
    this.column = 0
  }

  private lineBreaks(breaks: readonly string[]): void {
    if (breaks[0] === '\n') this.lineBreak()
    for (const data of breaks) this.lineBreak(data)
  }

  private continueText(): void {
    this.writeIndent()
    this.whitespace = false
    this.indention = false
  }

  private plain(text: readonly string[], split: boolean, root: boolean): void {
    if (root) this.openEnded = true
    if (text.length === 0) return
    if (!this.whitespace) this.write(' ')
    this.whitespace = false
    this.indention = false
    for (const run of runs(text, false)) {
      const fold = run.kind === 'space' && run.end - run.start === 1 && this.column > WIDTH && split
      if (fold) this.continueText()
      else this.write(text.slice(run.start, run.end).join(''))
    }
  }

  private singleQuoted(text: readonly string[], split: boolean): void {
    this.indicator("'", true)
    for (const run of runs(text, true)) {
      const part = text.slice(run.start, run.end)
      if (run.kind === 'break') {
        this.lineBreaks(part)
        this.writeIndent()
        continue
      }
      const inner = run.start !== 0 && run.end !== text.length
      if (run.kind === 'space' && part.length === 1 && this.column > WIDTH && split && inner) this.writeIndent()
      else this.write(part.join('').replaceAll("'", "''"))
    }
    this.indicator("'", false)
  }

  private doubleQuoted(text: readonly string[], split: boolean): void {
    this.indicator('"', true)
    let start = 0
    for (let end = 0; end <= text.length; end++) {
      const character = text[end]
      if (character === undefined || needsEscape(character)) {
        if (start < end) {
          this.write(text.slice(start, end).join(''))
          start = end
        }
        if (character !== undefined) {
          this.write(escaped(character))
          start = end + 1
        }
      }
      const mayFold = 0 < end && end < text.length - 1 && (character === ' ' || start >= end)
      if (mayFold && this.column + (end - start) > WIDTH && split) {
        this.write(`${text.slice(start, end).join('')}\\`)
        if (start < end) start = end
        this.continueText()
        if (text[start] === ' ') this.write('\\')
      }
    }
    this.indicator('"', false)
  }

  /** Only for the base64 of `!!binary`: whole lines, each with its newline. */
  private literal(text: readonly string[]): void {
    this.indicator('|', true)
    this.lineBreak()
    for (const line of text.join('').split('\n').slice(0, -1)) {
      this.writeIndent()
      this.out += line
      this.column += line.length
      this.lineBreak()
    }
  }
}

/** Cuts text into runs of spaces, of line breaks and of the rest, as PyYAML's writers walk it. */
function* runs(text: readonly string[], breaks: boolean): Generator<{ kind: string; start: number; end: number }> {
  let run: { kind: string; start: number; end: number } | undefined
  for (const [index, character] of text.entries()) {
    const kind = character === ' ' ? 'space' : breaks && BREAKS.includes(character) ? 'break' : 'text'
    if (run?.kind === kind) run.end = index + 1
    else {
      if (run !== undefined) yield run
      run = { kind, start: index, end: index + 1 }
    }
  }
  if (run !== undefined) yield run
}

/** The keys of a map, as they were read where number-like ones among them have lost their place. */
function orderedKeys(map: YamlMap, known: string[] | undefined): string[] {
  const keys = Object.keys(map)
  if (known === undefined) return keys
  const place = new Map(known.map((key, index) => [key, index]))
  return keys.sort((a, b) => (place.get(a) ?? known.length) - (place.get(b) ?? known.length))
}
