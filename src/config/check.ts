import { BentoError } from '../core/errors.js'
import { nearNames } from '../core/text.js'

/** What is wrong with an option. */
export interface Problem {
  /** The option as its path: `image.base`, `envs[0].stage`, `labels.team`. */
  name: string
  /** What follows the name: `must be text, not a number`. */
  why: string
}

/** Reads one value after the other and remembers all that is wrong; what it returns for a wrong one does not matter. */
export class Check {
  readonly problems: Problem[] = []
  readonly warnings: string[] = []

  text(name: string, value: unknown): string | undefined {
    if (value === undefined) return undefined
    if (typeof value !== 'string') this.wrong(name, `must be text, not ${kindOf(value)}`)
    else if (value.trim() === '') this.wrong(name, 'is empty')
    else if (value.includes('\0')) this.wrong(name, 'holds a NUL character')
    else return value
    return undefined
  }

  /** Text that stands on one line: a name of an image, a package, a shell command. */
  line(name: string, value: unknown): string | undefined {
    const text = this.text(name, value)
    if (text !== undefined && hasControlCharacters(text)) {
      this.wrong(name, 'holds a line break or another control character')
      return undefined
    }
    return text
  }

  flag(name: string, value: unknown, fallback = false): boolean {
    if (value !== undefined && typeof value !== 'boolean') {
      this.wrong(name, `must be true or false, not ${kindOf(value)}`)
    }
    return typeof value === 'boolean' ? value : fallback
  }

  oneOf<T extends string>(name: string, value: unknown, choices: readonly T[], fallback: T): T {
    if (value === undefined) return fallback
    const choice = choices.find(choice => choice === value)
    if (choice === undefined) this.wrong(name, `must be ${choices.map(quote).join(' or ')}, not ${show(value)}`)
    return choice ?? fallback
  }

  list(name: string, value: unknown): unknown[] {
    if (value === undefined) return []
    if (!Array.isArray(value)) this.wrong(name, `must be an array, not ${kindOf(value)}`)
    return Array.isArray(value) ? value : []
  }

  /** A list of texts, each on one line. */
  lines(name: string, value: unknown): string[] {
    return this.list(name, value).flatMap((item, index) => this.line(`${name}[${index}]`, item) ?? [])
  }

  /** An object of texts. */
  record(name: string, value: unknown): Record<string, string> {
    const map = this.map(name, value, 'an object of texts') ?? {}
    for (const [key, item] of Object.entries(map)) {
      if (typeof item !== 'string') this.wrong(`${name}.${key}`, `must be text, not ${kindOf(item)}`)
    }
    return { ...map } as Record<string, string>
  }

  /** An object with other keys than `known` warned of; undefined where there is none. */
  group(name: string, value: unknown, known: readonly string[]): Record<string, unknown> | undefined {
    const map = this.map(name, value, `an object of ${known.join(', ')}`)
    if (map !== undefined) this.warnings.push(...unknownNames(Object.keys(map), known, `option of ${name}`))
    return map
  }

  map(name: string, value: unknown, what: string): Record<string, unknown> | undefined {
    if (value === undefined) return undefined
    if (isPlain(value)) return value
    this.wrong(name, `must be ${what}, not ${kindOf(value)}`)
    return undefined
  }

  wrong(name: string, why: string): void {
    this.problems.push({ name, why })
  }
}

/** A sentence for each name that is not known, with the nearest known one. */
export function unknownNames(given: readonly string[], known: readonly string[], what: string): string[] {
  return given
    .filter(name => !known.includes(name))
    .map(name => {
      const [near] = nearNames(name, known)
      return `${quote(name)} is no ${what}${near === undefined ? '' : `; did you mean ${quote(near)}?`}`
    })
}

export function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function hasControlCharacters(text: string): boolean {
  return /\p{Cc}/u.test(text)
}

export function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'object') return 'an object'
  return value === undefined ? 'undefined' : `a ${typeof value}`
}

export function show(value: unknown): string {
  return typeof value === 'string' ? quote(value) : kindOf(value)
}

export function quote(text: string): string {
  return JSON.stringify(text)
}

/** The error that lists what is wrong with options. */
export function invalidOptions(problems: readonly Problem[], where: string): BentoError {
  const head = problems.length === 1 ? `An option of ${where} is wrong` : `Options of ${where} are wrong`
  const texts = problems.map(({ name, why }) => `${name || 'they'} ${why}`)
  return new BentoError('OPTION_INVALID', `${head}: ${texts.join('; ')}.`, { details: { problems: texts } })
}
