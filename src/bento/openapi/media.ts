import { isMap, type JsonMap, mapsIn } from './json.js'
import type { SchemaExpander } from './json-schema.js'

const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json(?:;|$)/i
const STREAM_TYPE = /^(?:text\/event-stream|application\/(?:x-ndjson|jsonl|x-jsonlines|json-seq))(?:;|$)/i
const TEXT_TYPE = /^(?:text\/|application\/(?:xml|yaml|x-yaml)(?:;|$))/i
const FORM_TYPE = /^multipart\/form-data(?:;|$)/i
const URL_FORM_TYPE = /^application\/x-www-form-urlencoded(?:;|$)/i

/** A media type of a body, and what the document says of it. */
interface Media {
  type: string
  content: JsonMap
}

/**
 * The `input` of a route: an object whose properties are the arguments; or, marked `root_input`, the one argument that is
 * the body.
 *
 * @param body a request body, or undefined where there is none
 * @returns undefined for a body that BentoML's client cannot send
 */
export function inputOf(body: JsonMap | undefined, schemas: SchemaExpander): JsonMap | undefined {
  const media = mediaOf(body)
  if (media.length === 0) return { properties: {}, title: 'Input', type: 'object' }
  const json = media.find(({ type }) => JSON_TYPE.test(type))
  if (json !== undefined) return jsonInput(schemas.expand(json.content.schema))
  const form = media.find(({ type }) => FORM_TYPE.test(type))
  if (form !== undefined) return formInput(form.content, schemas)
  const other = media.find(({ type }) => !URL_FORM_TYPE.test(type))
  if (other === undefined) return undefined
  return { ...(TEXT_TYPE.test(other.type) ? { type: 'string' } : fileSchema(other.type)), root_input: true }
}

/**
 * The `output` of a route. Text, and bytes (`format: binary`), arrive as they are; JSON is read.
 *
 * @param response the response of success, or undefined where the document has none
 */
export function outputOf(response: JsonMap | undefined, schemas: SchemaExpander): JsonMap {
  const media = mediaOf(response)
  const json = media.find(({ type }) => JSON_TYPE.test(type))
  if (json !== undefined) {
    const schema = schemas.expand(json.content.schema)
    // A client takes `type: string` for a body of plain text, and would give JSON's quotes to its caller.
    return schema.type === 'string' ? { anyOf: [schema] } : schema
  }
  const [first] = media
  if (first === undefined) return { type: 'null' }
  if (STREAM_TYPE.test(first.type)) return { type: 'string', is_stream: true, media_type: first.type }
  if (TEXT_TYPE.test(first.type)) return { type: 'string' }
  // BentoML's `type: file` also needs Pillow where the client is, for answers that are no images, too.
  return { type: 'string', format: 'binary', media_type: first.type }
}

function mediaOf(holder: JsonMap | undefined): Media[] {
  const content = isMap(holder?.content) ? holder.content : {}
  return Object.entries(content).map(([type, value]) => ({ type: type.trim(), content: isMap(value) ? value : {} }))
}

function jsonInput(schema: JsonMap): JsonMap {
  const isObject = isMap(schema.properties) && (schema.type === undefined || schema.type === 'object')
  return isObject ? { title: 'Input', ...schema, type: 'object' } : { ...schema, root_input: true }
}

/** A form with a file in it; the client sends one without as JSON. */
function formInput({ schema, encoding }: JsonMap, schemas: SchemaExpander): JsonMap | undefined {
  const expanded = schemas.expand(schema)
  if (!isMap(expanded.properties)) return undefined
  let files = 0
  const properties = Object.entries(expanded.properties).map(([name, property]) => {
    const field = isMap(property) ? property : {}
    const own = isMap(encoding) && isMap(encoding[name]) ? encoding[name].contentType : undefined
    const file = asFile(field, own)
    if (file !== undefined) files++
    return [name, file ?? field]
  })
  return files === 0
    ? undefined
    : { title: 'Input', ...expanded, type: 'object', properties: Object.fromEntries(properties) }
}

/** BentoML's form of a field that holds a file, or several; undefined for any other. */
function asFile(field: JsonMap, encoded: unknown): JsonMap | undefined {
  const { format, contentMediaType, items, ...rest } = field
  if (field.type === 'array' && isMap(items)) {
    const file = asFile(items, encoded)
    return file === undefined ? undefined : { ...field, items: file }
  }
  const choices = mapsIn(field.anyOf ?? field.oneOf).filter(choice => choice.type !== 'null')
  const [only] = choices
  // A file that may be left out: the client sends the others as they are, but a file by its own way.
  if (only !== undefined && choices.length === 1) return asFile({ ...without(rest), ...only }, encoded)
  const type = encoded ?? contentMediaType
  // An encoding may list several types.
  const contentType = typeof type === 'string' && !/[,\s]/.test(type) ? type : undefined
  const isText = contentType !== undefined && (JSON_TYPE.test(contentType) || TEXT_TYPE.test(contentType))
  // OpenAPI 3.0 has a format for it, 3.1 a media type without an encoding; or no type at all.
  const isBinary = format === 'binary' || (field.contentEncoding === undefined && contentType !== undefined && !isText)
  if (!isBinary || (field.type !== undefined && field.type !== 'string')) return undefined
  return { ...rest, ...fileSchema(contentType) }
}

function without({ anyOf: _, oneOf: __, ...rest }: JsonMap): JsonMap {
  return rest
}

/** As BentoML's `FileSchema` (`_bentoml_sdk/validators.py`) has it: the format is the first half of the media type. */
function fileSchema(contentType: string | undefined): JsonMap {
  const isGeneral = contentType === undefined || ['*/*', 'application/octet-stream'].includes(contentType)
  if (isGeneral) return { format: 'binary', type: 'file' }
  return { format: contentType.split('/')[0] ?? 'binary', type: 'file', content_type: contentType }
}

/** Whether parameters of an operation must be given, which the client has no way to. */
export function needsParameters(parameters: readonly (JsonMap | undefined)[]): boolean {
  return mapsIn(parameters).some(parameter => parameter.in === 'path' || parameter.required === true)
}
