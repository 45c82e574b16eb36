import { BentoError } from './errors.js'

/** Longest name or version, in characters (BentoML, `_internal/tag.py`). */
const MAX_LENGTH = 63
const PART = /^[a-z0-9](?:[-._a-z0-9]*[a-z0-9])?$/

/** Whether `text` can be a name or a version: `[a-z0-9]([-._a-z0-9]*[a-z0-9])?`, at most 63 characters. */
export function isTagPart(text: string): boolean {
  // `$` without the `m` flag matches only at the very end in JavaScript, so a trailing newline does not slip through.
  return text.length <= MAX_LENGTH && PART.test(text)
}

/**
 * Returns a name or version in its stored form: lower case, as BentoML stores it.
 *
 * @throws `TAG_INVALID` when it breaks the grammar.
 */
export function checkTagPart(text: string, what: 'name' | 'version'): string {
  if (isTagPart(text)) return text
  const lower = text.toLowerCase()
  if (!isTagPart(lower)) {
    const why =
      text === ''
        ? 'it is empty'
        : lower.length > MAX_LENGTH
          ? `it has ${lower.length} characters`
          : 'it breaks the grammar'
    throw new BentoError('TAG_INVALID', `${JSON.stringify(text)} is not a valid ${what}: ${why}.`, {
      hint: `Use up to ${MAX_LENGTH} of a-z, 0-9, "-", "_" and ".", beginning and ending with a letter or digit.`,
      details: { part: what, text },
    })
  }
  return lower
}

/**
 * A store item's tag, `name:version`, or a bare `name`. Immutable.
 *
 * @example
 * ```ts
 * const tag = Tag.parse('iris_clf:v2')
 * tag.name // 'iris_clf'
 * tag.version // 'v2'
 * String(tag) // 'iris_clf:v2'
 * ```
 */
export class Tag {
  readonly name: string
  /** Undefined in a bare name. */
  readonly version: string | undefined

  /** @throws `TAG_INVALID` when a part breaks the grammar. */
  constructor(name: string, version?: string) {
    this.name = checkTagPart(name, 'name')
    this.version = version === undefined ? undefined : checkTagPart(version, 'version')
  }

  /**
   * Reads `name` or `name:version`; upper case becomes lower case.
   *
   * @throws `TAG_INVALID`, also for `a:`, `:b` and `a:b:c`.
   */
  static parse(text: string): Tag {
    const [name = '', version, ...more] = typeof text === 'string' ? text.split(':') : []
    if (more.length > 0 || version === '' || name === '') {
      throw new BentoError('TAG_INVALID', `${JSON.stringify(text)} is not a valid tag.`, {
        hint: 'Write it as name:version or name.',
        details: { text },
      })
    }
    return new Tag(name, version)
  }

  /** Takes a tag as it is, or reads its text. */
  static from(tag: Tag | string): Tag {
    return typeof tag === 'object' && tag !== null ? tag : Tag.parse(tag)
  }

  /** Order of BentoML: by name, then no version before any, then by plain string comparison. */
  static compare(a: Tag, b: Tag): number {
    return compareText(a.name, b.name) || compareText(a.version ?? '', b.version ?? '')
  }

  equals(other: Tag): boolean {
    return this.name === other.name && this.version === other.version
  }

  toString(): string {
    return this.version === undefined ? this.name : `${this.name}:${this.version}`
  }

  toJSON(): string {
    return this.toString()
  }
}

/** A tag whose version is known: every stored item has one. */
export interface FullTag extends Tag {
  readonly version: string
}

/** Makes a tag with a version. @throws `TAG_INVALID` */
export function fullTag(name: string, version: string): FullTag {
  return new Tag(name, version) as FullTag
}

/** Compares by code unit: the same order on every machine, whatever its locale. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
