import { BentoError } from './errors.js'
import { isTagPart } from './tag.js'

/** What a service, an option or the lock asks the model store for. */
export interface ModelRequest {
  /** The request in its normal form: the key of `bento.lock`. */
  readonly text: string
  readonly name: string
  /** A version or the beginning of one; undefined for the latest, or where labels choose. */
  readonly version: string | undefined
  /** Labels that must all match; the newest such version is meant. */
  readonly labels: Readonly<Record<string, string>> | undefined
  /** A bare word, which may be an alias: an alias wins over a model of the same name. */
  readonly bare: boolean
}

const HINT = 'Write name, name:latest, name:version, the unique beginning of a version, an alias, or name?label=value.'

/**
 * Reads a model request: `name`, `name:latest`, `name:version` (or a unique prefix of it), an alias, or a label query
 * `name?stage=production&owner=x`, which is decoded by the rules of `URLSearchParams`.
 *
 * @throws `REQUEST_INVALID`
 */
export function parseModelRequest(text: string): ModelRequest {
  const queryAt = text.indexOf('?')
  const tag = (queryAt < 0 ? text : text.slice(0, queryAt)).toLowerCase()
  const [name = '', version, ...more] = tag.split(':')
  if (more.length > 0) throw invalid(text, 'it has more than one ":"')
  if (!isTagPart(name)) throw invalid(text, `${JSON.stringify(name)} is not a model name`)
  if (version !== undefined && !isTagPart(version)) throw invalid(text, `${JSON.stringify(version)} is not a version`)
  if (queryAt < 0) {
    const exact = version === 'latest' ? undefined : version
    return { text: tag, name, version: exact, labels: undefined, bare: version === undefined }
  }
  if (version !== undefined) throw invalid(text, 'it names a version and asks for labels')
  const labels = readQuery(text, text.slice(queryAt + 1))
  return { text: `${name}?${new URLSearchParams(labels)}`, name, version: undefined, labels, bare: false }
}

function readQuery(text: string, query: string): Record<string, string> {
  if (query === '') throw invalid(text, 'it asks for no label')
  const pairs = [...new URLSearchParams(query)].sort(([a], [b]) => (a < b ? -1 : 1))
  const seen = new Set<string>()
  for (const [key] of pairs) {
    if (key === '') throw invalid(text, 'a label has no name')
    if (seen.has(key)) throw invalid(text, `the label ${JSON.stringify(key)} is asked for twice`)
    seen.add(key)
  }
  const bareWord = query.split('&').find(part => part !== '' && !part.includes('='))
  if (bareWord !== undefined) throw invalid(text, `the label ${JSON.stringify(bareWord)} has no value`)
  return Object.fromEntries(pairs)
}

function invalid(text: string, why: string): BentoError {
  return new BentoError('REQUEST_INVALID', `${JSON.stringify(text)} is not a model request: ${why}.`, {
    hint: HINT,
    details: { text },
  })
}
