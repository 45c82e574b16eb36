/**
 * What YAML of a manifest can hold, in JavaScript. Whole numbers beyond 2^53 are `bigint`, `!!binary` is `Uint8Array`,
 * a timestamp is its own text. Map keys are text, as written.
 */
export type YamlValue = null | boolean | number | bigint | string | Uint8Array | YamlValue[] | YamlMap

/** A YAML map. */
export interface YamlMap {
  [key: string]: YamlValue
}

/** Longest document that is read or written, in characters: a manifest that is longer is none. */
export const MAX_YAML_LENGTH = 1024 * 1024
/** Deepest collection within collections that is read or written. */
export const MAX_DEPTH = 100

/** Whether `value` is a map: no scalar, list or bytes. */
export function isYamlMap(value: YamlValue | undefined): value is YamlMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)
}

/** Sets a key of a map from outside, where `__proto__` must be a key like any other. */
export function setKey<T>(map: Record<string, T>, key: string, value: T): void {
  if (key === '__proto__') {
    Object.defineProperty(map, key, { value, enumerable: true, configurable: true, writable: true })
  } else {
    map[key] = value
  }
}

/** How a collection was written, where JavaScript's values can't tell. */
interface Spelling {
  /** Source text of plain scalars that are no strings, by key or index. */
  readonly scalars: Map<string, string>
  /** Keys that YAML 1.1 reads as something else than text: `1`, `true`. */
  readonly plainKeys: Set<string>
  /** The keys as they came: JavaScript moves number-like ones to the front. */
  keys: string[] | undefined
}

const spellings = new WeakMap<object, Spelling>()

/**
 * Remembers how a value that was read had been written, so that writing it again loses nothing: `1.0` stays a float and
 * an unquoted timestamp a timestamp. Beside the value, not in it: a copy forgets, which is harmless.
 */
export function keepSpelling(collection: object): Spelling {
  let spelling = spellings.get(collection)
  if (spelling === undefined) {
    spelling = { scalars: new Map(), plainKeys: new Set(), keys: undefined }
    spellings.set(collection, spelling)
  }
  return spelling
}

/** What {@link keepSpelling} remembers of a collection. */
export function spellingOf(collection: object): Readonly<Spelling> | undefined {
  return spellings.get(collection)
}

/**
 * Source text of a scalar that was written without quotes, where it was read as no string: a version `017` that
 * someone forgot to quote is still the version "017".
 */
export function sourceText(collection: object, key: string): string | undefined {
  return spellings.get(collection)?.scalars.get(key)
}
