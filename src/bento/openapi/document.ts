import { kindOf } from '../../core/fields.js'
import { visible } from '../../core/text.js'
import { isMap, type Json, type JsonMap, mapsIn } from './json.js'
import { referencesIn, target } from './references.js'

/** HTTP methods that a path item may have operations for. */
export const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'] as const

/** Deepest nesting of a document: what YAML, and readers of it, can bear. */
const MAX_DEPTH = 90

/** More problems than this are counted, not named. */
const NAMED_PROBLEMS = 8

/**
 * Checks that a value is an OpenAPI document of version 3.0 or 3.1 that is whole by itself, and brings it into the form that
 * goes into a bento: order as written, no address of the machine that built it.
 *
 * @returns the document, or what is wrong with it
 */
export function openApiDocument(value: unknown): { document: JsonMap } | { problems: string[] } {
  const problems: string[] = []
  const copy = plainCopy(value, '', problems, new Set())
  if (problems.length === 0 && !isMap(copy)) problems.push(`it is ${kindOf(value)}, not an object`)
  if (problems.length === 0) checkShape(copy as JsonMap, problems)
  if (problems.length > 0) return { problems: shortened(problems) }
  return { document: withoutLocalServers(copy as JsonMap) }
}

/** A copy that holds JSON alone. Undefined properties are left out, as JSON does. */
function plainCopy(value: unknown, place: string, problems: string[], around: Set<unknown>): Json {
  const refuse = (why: string) => {
    problems.push(`${place === '' ? 'it' : visible(place)} ${why}`)
    return null
  }
  if (typeof value === 'string') return /\p{Surrogate}/u.test(value) ? refuse('is broken Unicode') : value
  if (typeof value === 'number') return Number.isFinite(value) ? value : refuse(`is ${value}, which JSON cannot hold`)
  if (typeof value === 'boolean' || value === null) return value
  if (typeof value !== 'object') return refuse(`is ${kindOf(value)}, which JSON cannot hold`)
  if (around.has(value)) return refuse('contains itself')
  if (around.size === MAX_DEPTH) return refuse(`nests deeper than ${MAX_DEPTH} levels`)
  around.add(value)
  const copy = Array.isArray(value)
    ? value.map((item, index) => plainCopy(item, `${place}[${index}]`, problems, around))
    : Object.fromEntries(
        Object.entries(value)
          .filter(([, item]) => item !== undefined)
          .map(([key, item]) => [key, plainCopy(item, place === '' ? key : `${place}.${key}`, problems, around)]),
      )
  around.delete(value)
  return copy
}

function checkShape(document: JsonMap, problems: string[]): void {
  checkVersion(document, problems)
  for (const key of ['title', 'version']) {
    const text = isMap(document.info) ? document.info[key] : undefined
    if (typeof text !== 'string') problems.push(`info.${key} is ${kindOf(text)}, not text`)
  }
  checkPaths(document, problems)
  for (const { place, reference } of referencesIn(document)) {
    if (!reference.startsWith('#')) {
      problems.push(`${visible(place)} refers to ${visible(reference)}, outside of the document`)
    } else if (target(document, reference) === undefined) {
      problems.push(`${visible(place)} refers to ${visible(reference)}, which is not there`)
    }
  }
}

function checkVersion({ openapi, swagger }: JsonMap, problems: string[]): void {
  if (typeof openapi === 'string' && /^3\.[01]\.\d+$/.test(openapi)) return
  const found = openapi ?? swagger
  const shown = typeof found === 'string' ? `"${visible(found)}"` : kindOf(found)
  problems.push(`openapi is ${shown}, not a version 3.0 or 3.1 such as "3.1.0"`)
}

function checkPaths({ openapi, paths }: JsonMap, problems: string[]): void {
  // 3.1 has documents of webhooks alone.
  if (paths === undefined && typeof openapi === 'string' && openapi.startsWith('3.1.')) return
  if (!isMap(paths)) return void problems.push(`paths is ${kindOf(paths)}, not an object`)
  for (const [path, item] of Object.entries(paths)) {
    const where = `paths["${visible(path)}"]`
    if (!path.startsWith('/') && !path.startsWith('x-')) problems.push(`${where} does not begin with "/"`)
    if (path.startsWith('x-')) continue
    if (!isMap(item)) {
      problems.push(`${where} is ${kindOf(item)}, not an object`)
      continue
    }
    for (const method of METHODS) {
      const operation = item[method]
      if (operation !== undefined && !isMap(operation)) {
        problems.push(`${where}.${method} is ${kindOf(operation)}, not an object`)
      }
    }
  }
}

/**
 * Servers on loopback addresses are those of a developer's machine. The document is served by the bento itself, so that
 * `.`, which BentoML writes, is right wherever it runs.
 */
function withoutLocalServers(document: JsonMap): JsonMap {
  const { openapi, info, servers, ...rest } = document
  const paths = Object.entries(isMap(document.paths) ? document.paths : {}).map(([path, item]) => [
    path,
    isMap(item) ? ownServers(item, METHODS) : item,
  ])
  const remote = publicServers(servers)
  return {
    openapi: openapi as Json,
    info: info as Json,
    servers: remote.length === 0 ? [{ url: '.' }] : remote,
    ...rest,
    paths: Object.fromEntries(paths),
  }
}

/** The same for a path item and its operations, which may have servers of their own. */
function ownServers(holder: JsonMap, parts: readonly string[]): JsonMap {
  const entries = Object.entries(holder).map(([key, value]): [string, Json | undefined] => {
    if (parts.includes(key) && isMap(value)) return [key, ownServers(value, [])]
    if (key !== 'servers') return [key, value]
    const remote = publicServers(value)
    return [key, remote.length === 0 ? undefined : remote]
  })
  return Object.fromEntries(entries.filter((entry): entry is [string, Json] => entry[1] !== undefined))
}

const LOOPBACK =
  /^(?:[a-z][a-z0-9+.-]*:)?\/\/(?:[^/@]*@)?(?:localhost|[^/:]*\.localhost|127(?:\.\d+){3}|0\.0\.0\.0|\[::1?\])(?:[:/]|$)/i

function publicServers(servers: unknown): JsonMap[] {
  return mapsIn(servers).filter(({ url }) => typeof url === 'string' && !LOOPBACK.test(url))
}

function shortened(problems: readonly string[]): string[] {
  const more = problems.length - NAMED_PROBLEMS
  return more > 0 ? [...problems.slice(0, NAMED_PROBLEMS), `${more} more`] : [...problems]
}
