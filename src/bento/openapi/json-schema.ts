import { isMap, type Json, type JsonMap, mapsIn } from './json.js'
import { target } from './references.js'

/** Schemas that one document may be expanded into: references that branch would else grow without bound. */
const MAX_SCHEMAS = 20_000

/** Keywords that hold one schema, a list of schemas, schemas by name. */
const ONE = new Set([
  'items',
  'additionalProperties',
  'contains',
  'not',
  'if',
  'then',
  'else',
  'propertyNames',
  'unevaluatedItems',
  'unevaluatedProperties',
])
const LIST = new Set(['anyOf', 'oneOf', 'allOf', 'prefixItems'])
const NAMED = new Set(['properties', 'patternProperties', 'dependentSchemas'])

/** Keywords that point at components of the document by name: once expanded there are none. */
const DROPPED = new Set(['$ref', 'discriminator', '$defs', 'definitions'])

/**
 * Expands the schemas of a document into such as stand by themselves: BentoML's clients know no references. One that
 * leads back to itself ends in `{}`, which allows anything.
 */
export class SchemaExpander {
  readonly #document: JsonMap
  /** References that are being followed. */
  readonly #open = new Set<string>()
  #left = MAX_SCHEMAS

  constructor(document: JsonMap) {
    this.#document = document
  }

  /** @param schema of OpenAPI 3.0 or 3.1, where `true` and `false` are schemas, too */
  expand(schema: unknown): JsonMap {
    if (schema === false) return { not: {} }
    if (!isMap(schema) || this.#left-- <= 0) return {}
    const own = this.#keywords(schema)
    const { $ref: reference } = schema
    if (typeof reference !== 'string') return merged(own)
    return merged({ ...this.#follow(reference), ...own })
  }

  #follow(reference: string): JsonMap {
    if (this.#open.has(reference)) return {}
    this.#open.add(reference)
    const expanded = this.expand(target(this.#document, reference))
    this.#open.delete(reference)
    return expanded
  }

  #keywords(schema: JsonMap): JsonMap {
    const entries = Object.entries(schema).flatMap(([key, value]): [string, Json][] => {
      if (DROPPED.has(key)) return []
      // Only where clients look for a schema must one be an object.
      if (ONE.has(key)) return [[key, typeof value === 'boolean' && key !== 'items' ? value : this.expand(value)]]
      if (LIST.has(key)) return [[key, Array.isArray(value) ? value.map(item => this.expand(item)) : []]]
      if (!NAMED.has(key)) return [[key, value]]
      const named = Object.entries(isMap(value) ? value : {}).map(([name, item]) => [name, this.expand(item)])
      return [[key, Object.fromEntries(named)]]
    })
    const expanded: JsonMap = Object.fromEntries(entries)
    // BentoML's client looks into the items of every array.
    return expanded.type === 'array' && expanded.items === undefined ? { ...expanded, items: {} } : expanded
  }
}

/**
 * Puts `allOf` of objects into one object, since clients look for `properties` at the top; also an `allOf` of one, which
 * OpenAPI 3.0 needs for a reference with a description. Others stay.
 */
function merged(schema: JsonMap): JsonMap {
  const { allOf, ...rest } = schema
  const parts = mapsIn(allOf)
  if (parts.length === 0) return rest
  if (parts.length > 1 && ![...parts, rest].every(part => isMap(part.properties) || Object.keys(part).every(isNote))) {
    return schema
  }
  const all = [...parts, rest]
  const properties = together(all.map(({ properties }) => properties))
  const required = [...new Set(all.flatMap(part => (Array.isArray(part.required) ? part.required : [])))]
  return {
    ...together(all),
    ...(Object.keys(properties).length === 0 ? {} : { properties }),
    ...(required.length === 0 ? {} : { required }),
  }
}

/** The keys of all maps, later ones winning; `__proto__` is a key like any other. */
function together(maps: readonly unknown[]): JsonMap {
  return Object.fromEntries(mapsIn(maps).flatMap(map => Object.entries(map)))
}

/** Keywords that say nothing of which values are valid, or only that they are objects. */
function isNote(key: string): boolean {
  return [
    'title',
    'description',
    'deprecated',
    'example',
    'examples',
    'default',
    'type',
    'required',
    'nullable',
  ].includes(key)
}
