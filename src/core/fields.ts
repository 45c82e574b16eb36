import { BentoError } from './errors.js'
import { visible } from './text.js'
import { isYamlMap, setKey, sourceText, type YamlMap, type YamlValue } from './yaml/value.js'

/**
 * Reads the fields of a manifest by type and collects what is wrong, so that one error names every bad field.
 * A reading method gives a harmless value after a problem; {@link FieldReader.finish} must follow before it is used.
 */
export class FieldReader {
  private readonly where: string
  private readonly problems: string[] = []

  /** @param where the file, for the error. */
  constructor(where: string) {
    this.where = where
  }

  problem(path: string, why: string): void {
    this.problems.push(`${path} ${why}`)
  }

  /** @throws `MANIFEST_INVALID` with every problem, when there is one. */
  finish(): void {
    if (this.problems.length > 0) throw this.error(this.problems)
  }

  /** The map that a manifest is. @throws `MANIFEST_INVALID` when the document is anything else. */
  document(value: YamlValue): YamlMap {
    if (!isYamlMap(value)) throw this.error([`the document is ${kindOf(value)}, not a map`])
    return value
  }

  private error(problems: readonly string[]): BentoError {
    const list = problems.map(visible).join('; ')
    return new BentoError('MANIFEST_INVALID', `${visible(this.where)} is malformed: ${list}.`, {
      details: { where: this.where, problems: [...problems] },
    })
  }

  /**
   * Text of a scalar. What the writer forgot to quote, a version `017` or a label `yes`, is taken as it was written.
   * @param fallback the value where the key lacks; undefined makes the key required.
   */
  text(map: YamlMap, key: string, path: string, fallback?: string): string {
    const value = this.take(map, key, path, fallback)
    if (typeof value === 'string') return value
    const source = value === undefined ? '' : sourceText(map, key)
    if (value !== null && source !== undefined) return source
    this.problem(path, `is ${kindOf(value ?? null)}, not text`)
    return ''
  }

  map(map: YamlMap, key: string, path: string, fallback?: YamlMap): YamlMap {
    const value = this.take(map, key, path, fallback)
    if (isYamlMap(value)) return value
    if (value !== undefined) this.problem(path, `is ${kindOf(value)}, not a map`)
    return {}
  }

  list(map: YamlMap, key: string, path: string, fallback?: YamlValue[]): YamlValue[] {
    const value = this.take(map, key, path, fallback)
    if (Array.isArray(value)) return value
    if (value !== undefined) this.problem(path, `is ${kindOf(value)}, not a list`)
    return []
  }

  /** A map of text to text, such as labels; other scalars are read as their text, as BentoML does. */
  textMap(map: YamlMap, key: string, path: string, fallback?: YamlMap): Record<string, string> {
    const source = this.map(map, key, path, fallback)
    const result: Record<string, string> = {}
    for (const name of Object.keys(source)) setKey(result, name, this.text(source, name, `${path}.${name}`))
    return result
  }

  textList(map: YamlMap, key: string, path: string, fallback?: YamlValue[]): string[] {
    const items = this.list(map, key, path, fallback)
    return items.map((item, index) => {
      if (typeof item === 'string') return item
      this.problem(`${path}[${index}]`, `is ${kindOf(item)}, not text`)
      return ''
    })
  }

  private take(map: YamlMap, key: string, path: string, fallback: YamlValue | undefined): YamlValue | undefined {
    if (Object.hasOwn(map, key)) return map[key]
    if (fallback === undefined) this.problem(path, 'is missing')
    return fallback
  }
}

/** The keys of `map` that are not among `known`: what a newer or foreign writer added, kept as it is. */
export function otherKeys(map: YamlMap, known: readonly string[]): YamlMap {
  const rest: YamlMap = {}
  for (const [key, value] of Object.entries(map)) if (!known.includes(key)) setKey(rest, key, value)
  return rest
}

/** Names what a value is, for an error: `null`, `a list`, `a number`. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (value === undefined) return 'undefined'
  if (Array.isArray(value)) return 'a list'
  if (value instanceof Uint8Array) return 'bytes'
  if (typeof value === 'object') {
    const name: unknown = value.constructor?.name
    return typeof name === 'string' && name !== 'Object' ? `a ${name}` : 'a map'
  }
  return `a ${typeof value}`
}
