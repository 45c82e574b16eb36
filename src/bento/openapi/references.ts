import { isMap, type Json, type JsonMap } from './json.js'

/**
 * What a reference within a document points at: a JSON pointer in a URL's fragment, `#/components/schemas/Flower`.
 * Undefined where nothing is there.
 */
export function target(document: JsonMap, reference: string): Json | undefined {
  if (reference !== '#' && !reference.startsWith('#/')) return undefined
  let value: Json | undefined = document
  for (const part of reference.split('/').slice(1)) {
    const key = decoded(part).replaceAll('~1', '/').replaceAll('~0', '~')
    const holder: Json | undefined = value
    if (Array.isArray(holder)) value = holder[Number(key)]
    else value = isMap(holder) && Object.hasOwn(holder, key) ? holder[key] : undefined
  }
  return value
}

/** A part of the document that may be a reference to the place where it really stands. */
export function dereference(document: JsonMap, value: unknown): JsonMap | undefined {
  // A reference may lead to another one; one that leads back to itself must not go on for ever.
  let found = value
  for (let hops = 0; isMap(found) && typeof found.$ref === 'string' && hops < 16; hops++) {
    found = target(document, found.$ref)
  }
  return isMap(found) && typeof found.$ref !== 'string' ? found : undefined
}

/** Values under these keys are data: a `$ref` in them refers to nothing. */
const DATA = new Set(['example', 'examples', 'default', 'enum', 'const', 'value'])

/** Every reference in a document, with where it stands, examples left out. */
export function* referencesIn(value: Json, place = ''): Generator<{ place: string; reference: string }> {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) yield* referencesIn(item, `${place}[${index}]`)
  } else if (isMap(value)) {
    if (typeof value.$ref === 'string') yield { place, reference: value.$ref }
    for (const [key, item] of Object.entries(value)) {
      // A property, a schema and a response may be called `default`, and are like any other.
      if (DATA.has(key) && !/(?:^|\.)(?:properties|schemas|responses)$/.test(place)) continue
      yield* referencesIn(item, place === '' ? key : `${place}.${key}`)
    }
  }
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
