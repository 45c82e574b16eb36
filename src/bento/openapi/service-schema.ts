import { isMap, type JsonMap } from './json.js'
import { SchemaExpander } from './json-schema.js'
import { inputOf, needsParameters, outputOf } from './media.js'
import { dereference } from './references.js'

/**
 * Makes BentoML's `schema.json` of an OpenAPI document, the form of `Service.schema()` (`_bentoml_sdk/service/factory.py`): what its
 * clients ask for first, and make their methods of.
 *
 * A client sends POST requests with a body, and nothing else. So `routes` are the operations that can be called in that
 * way; `paths` has all.
 *
 * @param name the bento's name
 * @param document as `openApiDocument` gives it
 */
export function serviceSchema(name: string, document: JsonMap): JsonMap {
  const paths = Object.entries(isMap(document.paths) ? document.paths : {}).filter(([path]) => path.startsWith('/'))
  const schemas = new SchemaExpander(document)
  const taken = new Set<string>()
  const { description } = isMap(document.info) ? document.info : {}
  return {
    name,
    type: 'service',
    routes: paths.flatMap(([path, item]) => routeOf(document, path, dereference(document, item), schemas, taken) ?? []),
    ...(typeof description === 'string' ? { description } : {}),
    paths: Object.fromEntries(paths.map(([path]) => [path, { mounted: false }])),
  }
}

function routeOf(
  document: JsonMap,
  path: string,
  item: JsonMap | undefined,
  schemas: SchemaExpander,
  taken: Set<string>,
): JsonMap | undefined {
  const operation = item?.post
  if (!isMap(operation) || path.includes('{')) return undefined
  const parameters = [item?.parameters, operation.parameters].flatMap(list => (Array.isArray(list) ? list : []))
  if (needsParameters(parameters.map(parameter => dereference(document, parameter)))) return undefined
  const input = inputOf(dereference(document, operation.requestBody), schemas)
  if (input === undefined) return undefined
  const doc = [operation.summary, operation.description].filter(text => typeof text === 'string').join('\n\n')
  return {
    name: free(nameOf(path, operation), taken),
    route: path,
    ...(doc === '' ? {} : { doc }),
    batchable: false,
    input,
    output: outputOf(dereference(document, successOf(operation)), schemas),
    is_task: false,
  }
}

/** The response of success: 200, else the first of the others. */
function successOf({ responses }: JsonMap): unknown {
  if (!isMap(responses)) return undefined
  const status = Object.keys(responses).find(status => /^2(?:\d\d|XX)$/i.test(status))
  return responses[200] ?? (status === undefined ? responses.default : responses[status])
}

/**
 * Name of the client's method: what the document says, else the path, `/v1/embed-text` as `v1_embed_text`. Python must be able
 * to write it.
 */
function nameOf(path: string, operation: JsonMap): string {
  const given = operation['x-bentoml-name'] ?? operation.operationId
  const text = typeof given === 'string' && given !== '' ? given : path
  const name = text.replace(/[^\p{ID_Continue}]+/gu, '_').replace(/^_+|_+$/g, '')
  if (name === '') return 'call'
  return /^\p{ID_Start}/u.test(name) ? name : `_${name}`
}

/** The name, or the first of `name_2`, `name_3`, … that is free. */
function free(name: string, taken: Set<string>): string {
  let chosen = name
  for (let number = 2; taken.has(chosen); number++) chosen = `${name}_${number}`
  taken.add(chosen)
  return chosen
}
