import { type Check, isPlain, kindOf } from './check.js'

/** Deeper than this nothing is written down by hand. */
const MAX_DEPTH = 32

/**
 * Checks the option `args`. It is stored in the manifest, where Python must read the same values: JSON without `null`.
 */
export function argsOption(check: Check, value: unknown): Record<string, unknown> {
  const args = check.map('args', value, 'an object') ?? {}
  visit(check, 'args', args, [])
  return args
}

function visit(check: Check, where: string, item: unknown, above: readonly unknown[]): void {
  const why = problemOf(item, above)
  if (why !== undefined) {
    check.wrong(where, why)
    return
  }
  if (typeof item !== 'object' || item === null) return
  for (const [key, part] of Object.entries(item)) {
    const path = Array.isArray(item) ? `${where}[${key}]` : `${where}.${key}`
    if (/\p{Surrogate}/u.test(key)) check.wrong(path, 'has a name that is broken Unicode')
    visit(check, path, part, [...above, item])
  }
}

function problemOf(item: unknown, above: readonly unknown[]): string | undefined {
  if (above.includes(item)) return 'contains itself'
  if (above.length > MAX_DEPTH) return `is nested deeper than ${MAX_DEPTH} levels`
  if (typeof item === 'string') return /\p{Surrogate}/u.test(item) ? 'is broken Unicode' : undefined
  if (typeof item === 'boolean' || Array.isArray(item)) return undefined
  if (typeof item === 'number' ? Number.isFinite(item) : isPlain(item) && isBare(item)) return undefined
  const what = typeof item === 'number' ? String(item) : kindOf(item)
  return `must be text, a number, true, false, a list or an object of these, not ${what}`
}

/** No instance of a class: a Date or a Map would arrive as nothing. */
function isBare(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  // A plain object of another realm has a prototype of its own, with none above it.
  return prototype === null || Object.getPrototypeOf(prototype) === null
}
