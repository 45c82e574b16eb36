import type { BentoEnv } from '../bento/types.js'
import { BentoError, isBentoError } from '../core/errors.js'
import { parseModelRequest } from '../core/request.js'
import { isTagPart } from '../core/tag.js'
import { nearNames } from '../core/text.js'
import { type BentoOptions, OPTION_NAMES } from './options.js'

/** {@link BentoOptions} checked, with every default that needs no project applied. */
export interface ResolvedOptions {
  service: string | undefined
  name: string | undefined
  version: string
  labels: Record<string, string>
  description: string | undefined
  envs: BentoEnv[]
  models: { request: string; alias: string | undefined }[]
  store: string | undefined
  server: 'auto' | 'handler' | 'program'
  includeDependencies: string[]
  /** As given: `name` adds, `!name` removes. */
  natives: string[]
  watch: boolean
  report: string | undefined
}

const ENV_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/
const PACKAGE_NAME = /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/i

/**
 * Checks what the user wrote in the bundler's config.
 *
 * @returns the options, and warnings about names that are no options.
 * @throws `OPTION_INVALID` naming every wrong option at once.
 */
export function resolveOptions(input: unknown = {}): { options: ResolvedOptions; warnings: string[] } {
  if (!isPlain(input)) {
    throw invalid([`the options must be an object, not ${kindOf(input)}`])
  }
  const given = input as { [name in keyof BentoOptions]: unknown }
  const check = new Check()
  const options: ResolvedOptions = {
    service: check.text('service', given.service),
    name: check.name(given.name),
    version: check.version(given.version),
    labels: check.record('labels', given.labels),
    description: check.text('description', given.description),
    envs: check.envs(given.envs),
    models: check.models(given.models),
    store: check.text('store', given.store),
    server: check.oneOf('server', given.server, ['auto', 'handler', 'program'], 'auto'),
    includeDependencies: check.dependencies(given.dependencies),
    natives: check.packages('natives', given.natives, /^!/),
    watch: check.flag('watch', given.watch),
    report: check.text('report', given.report),
  }
  if (check.problems.length > 0) throw invalid(check.problems)
  return {
    options,
    warnings: [...unknownNames(Object.keys(input), OPTION_NAMES, 'option of bento()'), ...check.warnings],
  }
}

/** Reads one option after the other and remembers what is wrong; what it returns then does not matter. */
class Check {
  readonly problems: string[] = []
  readonly warnings: string[] = []

  text(name: string, value: unknown): string | undefined {
    if (value === undefined) return undefined
    if (typeof value !== 'string') this.wrong(name, `must be text, not ${kindOf(value)}`)
    else if (value.trim() === '') this.wrong(name, 'is empty')
    else if (value.includes('\0')) this.wrong(name, 'holds a NUL character')
    else return value
    return undefined
  }

  flag(name: string, value: unknown): boolean {
    if (value !== undefined && typeof value !== 'boolean') {
      this.wrong(name, `must be true or false, not ${kindOf(value)}`)
    }
    return value === true
  }

  oneOf<T extends string>(name: string, value: unknown, choices: readonly T[], fallback: T): T {
    if (value === undefined) return fallback
    const choice = choices.find(choice => choice === value)
    if (choice === undefined) this.wrong(name, `must be ${choices.map(quote).join(' or ')}, not ${show(value)}`)
    return choice ?? fallback
  }

  name(value: unknown): string | undefined {
    const name = this.text('name', value)?.toLowerCase()
    if (name !== undefined && !isTagPart(name)) this.wrong('name', `is not a valid name: ${quote(name)}`)
    return name
  }

  version(value: unknown): string {
    const version = this.text('version', value)?.toLowerCase() ?? 'content'
    if (version === 'latest') this.wrong('version', 'must not be "latest", which names the newest version')
    else if (!isTagPart(version)) this.wrong('version', `is not a valid version: ${quote(version)}`)
    return version
  }

  record(name: string, value: unknown): Record<string, string> {
    if (value === undefined) return {}
    if (!isPlain(value)) {
      this.wrong(name, `must be an object of texts, not ${kindOf(value)}`)
      return {}
    }
    for (const [key, item] of Object.entries(value)) {
      if (typeof item !== 'string') this.wrong(`${name}.${key}`, `must be text, not ${kindOf(item)}`)
    }
    return { ...value } as Record<string, string>
  }

  envs(value: unknown): BentoEnv[] {
    const list = Array.isArray(value)
      ? value.map((item, index) => this.env(`envs[${index}]`, item))
      : Object.entries(this.record('envs', value)).map(([name, text]) =>
          this.env(`envs.${name}`, { name, value: text }),
        )
    const envs = list.filter(env => env !== undefined)
    for (const [index, { name }] of envs.entries()) {
      if (envs.findIndex(env => env.name === name) !== index) this.wrong('envs', `names ${name} twice`)
    }
    return envs
  }

  private env(where: string, item: unknown): BentoEnv | undefined {
    if (!isPlain(item)) {
      this.wrong(where, `must be { name, value, stage }, not ${kindOf(item)}`)
      return undefined
    }
    const { name, value } = item
    if (typeof name !== 'string' || !ENV_NAME.test(name)) {
      this.wrong(where, `has no valid name of a variable: ${show(name)}`)
    }
    if (typeof value !== 'string') this.wrong(where, `has a value that is ${kindOf(value)}, not text`)
    else if (hasControlCharacters(value))
      this.wrong(where, 'has a value with a line break or another control character')
    const stage = this.oneOf(`${where}.stage`, item.stage, ['all', 'build', 'runtime'], 'all')
    return typeof name === 'string' && typeof value === 'string' ? { name, value, stage } : undefined
  }

  models(value: unknown): ResolvedOptions['models'] {
    const models = this.list('models', value).flatMap((item, index) => this.model(`models[${index}]`, item))
    for (const [index, { alias }] of models.entries()) {
      const first = models.findIndex(model => model.alias === alias)
      if (alias !== undefined && first !== index) this.wrong('models', `gives the alias ${quote(alias)} twice`)
    }
    return models
  }

  private model(where: string, item: unknown): ResolvedOptions['models'] {
    const { tag, alias } = typeof item === 'string' ? { tag: item, alias: undefined } : isPlain(item) ? item : {}
    if (typeof tag !== 'string') {
      this.wrong(where, `must be a model request or { tag, alias }, not ${kindOf(item)}`)
      return []
    }
    if (alias !== undefined && (typeof alias !== 'string' || !isTagPart(alias))) {
      this.wrong(where, `has an alias that is not a valid name: ${show(alias)}`)
      return []
    }
    try {
      return [{ request: parseModelRequest(tag).text, alias }]
    } catch (error) {
      if (!isBentoError(error)) throw error
      this.wrong(where, `is wrong: ${error.reason.replace(/\.$/, '')}`)
      return []
    }
  }

  dependencies(value: unknown): string[] {
    if (value === undefined) return []
    if (!isPlain(value)) {
      this.wrong('dependencies', `must be { include: [...] }, not ${kindOf(value)}`)
      return []
    }
    this.warnings.push(...unknownNames(Object.keys(value), ['include'], 'option of dependencies'))
    return this.packages('dependencies.include', value.include)
  }

  packages(name: string, value: unknown, prefix = /^(?!)/): string[] {
    const names = this.list(name, value)
    for (const item of names) {
      if (typeof item !== 'string' || !PACKAGE_NAME.test(item.replace(prefix, ''))) {
        this.wrong(name, `holds ${show(item)}, which is not the name of a package`)
      }
    }
    return names as string[]
  }

  private list(name: string, value: unknown): unknown[] {
    if (value === undefined) return []
    if (!Array.isArray(value)) this.wrong(name, `must be an array, not ${kindOf(value)}`)
    return Array.isArray(value) ? value : []
  }

  private wrong(name: string, why: string): void {
    this.problems.push(`${name} ${why}`)
  }
}

function invalid(problems: string[]): BentoError {
  const head = problems.length === 1 ? 'An option of bento() is wrong' : 'Options of bento() are wrong'
  return new BentoError('OPTION_INVALID', `${head}: ${problems.join('; ')}.`, { details: { problems } })
}

function unknownNames(given: string[], known: readonly string[], what: string): string[] {
  return given
    .filter(name => !known.includes(name))
    .map(name => {
      const [near] = nearNames(name, known)
      return `${quote(name)} is no ${what}${near === undefined ? '' : `; did you mean ${quote(near)}?`}`
    })
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function hasControlCharacters(text: string): boolean {
  return /\p{Cc}/u.test(text)
}

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'object') return 'an object'
  return value === undefined ? 'undefined' : `a ${typeof value}`
}

function show(value: unknown): string {
  return typeof value === 'string' ? quote(value) : kindOf(value)
}

function quote(text: string): string {
  return JSON.stringify(text)
}
