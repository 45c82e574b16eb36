import { createRequire } from 'node:module'
import type * as Yaml from 'yaml'
import { BentoError } from '../errors.js'
import { visible } from '../text.js'
import { plainKind, plainValue } from './resolve.js'
import { keepSpelling, MAX_DEPTH, MAX_YAML_LENGTH, setKey, type YamlMap, type YamlValue } from './value.js'

const TAGS = 'tag:yaml.org,2002:'

// Loading `yaml` takes longer than everything else that most commands do, and plain files don't need it.
let library: typeof Yaml | undefined
/** The `yaml` package. */
export function loadLibrary(): typeof Yaml {
  library ??= createRequire(import.meta.url)('yaml') as typeof Yaml
  return library
}

/**
 * Reads any YAML document as PyYAML's `safe_load` would. Of the `yaml` package only the syntax is used; what a scalar
 * means is decided here, by PyYAML's rules.
 *
 * @throws `MANIFEST_INVALID`
 */
export function readYaml(text: string, where: string): YamlValue {
  if (text.length > MAX_YAML_LENGTH) throw invalid(where, `it has more than ${MAX_YAML_LENGTH} characters`)
  if (mayExhaustStack(text)) throw invalid(where, `it nests deeper than ${MAX_DEPTH} levels`)
  const yaml = loadLibrary()
  let document: Yaml.Document.Parsed
  try {
    document = yaml.parseDocument(text, {
      schema: 'failsafe',
      version: '1.1',
      merge: false,
      strict: true,
      uniqueKeys: true,
      prettyErrors: true,
      logLevel: 'error',
    })
  } catch (error) {
    throw invalid(where, error instanceof Error ? error.message : String(error), error)
  }
  const problem = document.errors[0] ?? document.warnings.find(warning => warning.code !== 'TAG_RESOLVE_FAILED')
  if (problem !== undefined) throw invalid(where, problem.message.replace(/:?\n[\s\S]*$/, ''), problem)
  return new Reader(yaml, where).value(document.contents, 0)
}

/** More columns of indentation, dashes and question marks than {@link MAX_DEPTH} levels need. */
const DEEP_BLOCK = /^(?:[-?:]?[ \t]){301}/m
const DEEP_FLOW = 250

/**
 * The parser recurses, and some 800 levels exhaust its stack. It mostly catches that, but V8 ends the whole process
 * when it must compile a regular expression just then. So what looks too deep never gets there; brackets in texts
 * count too, which only matters to texts with hundreds that don't match.
 */
function mayExhaustStack(text: string): boolean {
  if (DEEP_BLOCK.test(text)) return true
  let depth = 0
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code === 0x5b || code === 0x7b) {
      if (++depth > DEEP_FLOW) return true
    } else if ((code === 0x5d || code === 0x7d) && depth > 0) depth--
  }
  return false
}

class Reader {
  private readonly yaml: typeof Yaml
  private readonly where: string

  constructor(yaml: typeof Yaml, where: string) {
    this.yaml = yaml
    this.where = where
  }

  value(node: unknown, depth: number): YamlValue {
    const { isAlias, isMap, isScalar, isSeq } = this.yaml
    if (node === null) return null
    if (depth > MAX_DEPTH) throw invalid(this.where, `it nests deeper than ${MAX_DEPTH} levels`)
    // BentoML never writes one: its converter copies what was saved twice.
    if (isAlias(node)) throw invalid(this.where, `the alias "${node.source}" is not allowed`)
    if (isScalar(node)) return this.scalar(node)
    if (isMap(node)) return this.map(node, depth)
    if (isSeq(node)) return this.list(node, depth)
    throw invalid(this.where, 'it holds something that is no value')
  }

  private map(node: Yaml.YAMLMap, depth: number): YamlMap {
    this.checkTag(node.tag, 'map')
    const map: YamlMap = {}
    const keys: string[] = []
    for (const pair of node.items) {
      const key = this.key(map, pair.key)
      if (Object.hasOwn(map, key)) throw invalid(this.where, `the key ${JSON.stringify(key)} appears twice`)
      const value = this.value(pair.value, depth + 1)
      setKey(map, key, value)
      keys.push(key)
      keepScalar(map, key, pair.value, value)
    }
    if (keys.some(key => /^\d/.test(key))) keepSpelling(map).keys = keys
    return map
  }

  private key(map: YamlMap, node: unknown): string {
    if (!this.yaml.isScalar(node)) throw invalid(this.where, 'a key is no text')
    const key = this.scalar(node)
    if (typeof key === 'string' && node.type !== 'PLAIN') return key
    const text = node.source ?? ''
    const kind = plainKind(text)
    if (kind === 'null' || key instanceof Uint8Array) throw invalid(this.where, 'a key is no text')
    if (kind !== 'str') keepSpelling(map).plainKeys.add(text)
    return text
  }

  private list(node: Yaml.YAMLSeq, depth: number): YamlValue[] {
    this.checkTag(node.tag, 'seq')
    const list: YamlValue[] = []
    node.items.forEach((item, index) => {
      const value = this.value(item, depth + 1)
      list.push(value)
      keepScalar(list, String(index), item, value)
    })
    return list
  }

  private scalar(node: Yaml.Scalar): YamlValue {
    const text = String(node.value)
    const tag = node.tag
    if (tag === `${TAGS}binary`) return this.binary(text)
    const implicit = tag === undefined || tag === '!' ? undefined : tag.startsWith(TAGS) ? tag.slice(TAGS.length) : tag
    const plain = node.type === 'PLAIN' || node.type === null || node.type === undefined
    const kind = plain && tag !== '!' ? plainKind(text) : 'str'
    if (implicit === undefined || implicit === kind) {
      const value = plainValue(text, kind)
      if (value === undefined) throw invalid(this.where, `${JSON.stringify(text)} is no value; quote it`)
      return value
    }
    if (implicit === 'str') return text
    // `!!float 1`, `!!int "5"`: the tag says what the text is to be.
    const forced = plainKind(text)
    if (implicit === forced || (implicit === 'float' && forced === 'int')) {
      const value = plainValue(text, forced)
      if (value !== undefined) return value
    }
    throw invalid(this.where, `the tag "${visible(tag ?? '')}" is not allowed on ${JSON.stringify(text)}`)
  }

  private binary(text: string): Uint8Array {
    const base64 = text.replace(/\s/g, '')
    if (!/^[A-Za-z0-9+/]*={0,2}$/.test(base64) || base64.length % 4 !== 0) {
      throw invalid(this.where, 'a !!binary value is not base64')
    }
    return new Uint8Array(Buffer.from(base64, 'base64'))
  }

  private checkTag(tag: string | undefined, kind: string): void {
    if (tag !== undefined && tag !== '!' && tag !== TAGS + kind) {
      throw invalid(this.where, `the tag "${visible(tag)}" is not allowed`)
    }
  }
}

function keepScalar(collection: object, key: string, node: unknown, value: YamlValue): void {
  const scalar = node as Yaml.Scalar | null
  if (scalar === null || scalar.type !== 'PLAIN' || scalar.tag !== undefined) return
  const source = String(scalar.value)
  if (typeof value !== 'string' || plainKind(source) !== 'str') keepSpelling(collection).scalars.set(key, source)
}

/** The error of a file that is no manifest. */
export function invalid(where: string, why: string, cause?: unknown): BentoError {
  return new BentoError('MANIFEST_INVALID', `${visible(where)} is malformed: ${visible(why)}.`, {
    details: { where },
    cause,
  })
}
