import { BentoError } from './errors.js'
import { kindOf } from './fields.js'
import { visible } from './text.js'
import { isoTime } from './time.js'
import { setKey, type YamlMap, type YamlValue } from './yaml/value.js'

const MAX_DEPTH = 90

/**
 * Checks values that a user wants saved, copies them into what YAML holds, and collects every path that Python could
 * not read back, so that one error names them all.
 */
export class ValueChecker {
  private readonly problems: string[] = []
  private readonly open = new Set<object>()

  problem(path: string, why: string): void {
    this.problems.push(`${path} ${why}`)
  }

  /** @param what what the values belong to, for the error: `the model iris_clf`. @throws `VALUE_INVALID` */
  finish(what: string): void {
    if (this.problems.length === 0) return
    throw new BentoError('VALUE_INVALID', `Cannot save ${what}: ${this.problems.map(visible).join('; ')}.`, {
      details: { problems: [...this.problems] },
    })
  }

  /** Text without broken Unicode. */
  text(value: unknown, path: string): string {
    if (typeof value !== 'string') {
      const number = typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint'
      this.problem(path, `is ${kindOf(value)}, not text${number ? ` (write "${value}")` : ''}`)
      return ''
    }
    if (/\p{Surrogate}/u.test(value)) this.problem(path, 'is broken Unicode: half of a surrogate pair')
    return value
  }

  /** Labels: a map of text to text. */
  labels(value: unknown, path = 'labels'): Record<string, string> {
    const labels: Record<string, string> = {}
    for (const [key, label] of this.entries(value, path)) setKey(labels, key, this.text(label, this.path(path, key)))
    return labels
  }

  /**
   * A free map, such as metadata. Dates become ISO text, as BentoML saves them; typed arrays become lists.
   * @param allowNull whether null may be within: BentoML refuses it in metadata, when saving and when loading.
   */
  map(value: unknown, path: string, allowNull: boolean, depth = 0): YamlMap {
    const map: YamlMap = {}
    for (const [key, item] of this.entries(value, path)) {
      setKey(map, key, this.value(item, this.path(path, key), allowNull, depth + 1))
    }
    return map
  }

  value(value: unknown, path: string, allowNull: boolean, depth = 0): YamlValue {
    if (depth > MAX_DEPTH) return this.refuse(path, `nests deeper than ${MAX_DEPTH} levels`)
    switch (typeof value) {
      case 'string':
        return this.text(value, path)
      case 'boolean':
      case 'bigint':
      case 'number':
        return value
      case 'object':
        if (value === null) return allowNull ? null : this.refuse(path, 'is null, which BentoML cannot read')
        return this.object(value, path, allowNull, depth)
      default:
        return this.refuse(path, `is ${kindOf(value)}`)
    }
  }

  private object(value: object, path: string, allowNull: boolean, depth: number): YamlValue {
    if (value instanceof Uint8Array) return new Uint8Array(value)
    if (value instanceof Date) {
      const time = value.getTime()
      if (Number.isNaN(time)) return this.refuse(path, 'is an invalid Date')
      return isoTime(BigInt(time) * 1000n)
    }
    if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
      return Array.from(value as unknown as ArrayLike<number | bigint>)
    }
    if (this.open.has(value)) return this.refuse(path, 'contains itself')
    this.open.add(value)
    const copy = Array.isArray(value)
      ? Array.from(value, (item, index) => this.value(item, `${path}[${index}]`, allowNull, depth + 1))
      : this.map(value, path, allowNull, depth)
    this.open.delete(value)
    return copy
  }

  /** Path of a key within: `metadata.classes`, `labels["a b"]`. */
  path(path: string, key: string): string {
    return /^[\w$-]+$/.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`
  }

  /** The entries of a plain object; a problem for anything else. */
  entries(value: unknown, path: string): [string, unknown][] {
    const prototype: unknown = typeof value === 'object' && value !== null ? Object.getPrototypeOf(value) : undefined
    // A plain object of another realm (a test runner's, a worker's) has a prototype of its own, with none above it.
    const plain = prototype === null || (prototype !== undefined && Object.getPrototypeOf(prototype) === null)
    if (!plain || Array.isArray(value)) {
      this.problem(path, `is ${kindOf(value)}, not a plain object`)
      return []
    }
    const entries = Object.entries(value as object)
    for (const [key] of entries) {
      if (/\p{Surrogate}/u.test(key)) this.problem(path, 'has a key that is broken Unicode')
    }
    return entries
  }

  private refuse(path: string, why: string): null {
    this.problem(path, why)
    return null
  }
}
