import { lstat, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { BentoError } from '../core/errors.js'
import { isMissing, readError } from '../files/errors.js'

/** Where the JSON values lie, beside the model's files. */
export const CUSTOM_OBJECTS_FILE = 'custom_objects.json'
/** Where BentoML keeps a pickle of anything at all. It is kept, and never read: unpickling runs code. */
const PICKLE_FILE = 'custom_objects.pkl'

/**
 * The text of `custom_objects.json`.
 *
 * @throws `VALUE_INVALID` naming every value that JSON would lose or change
 */
export function dumpCustomObjects(objects: Readonly<Record<string, unknown>>): string {
  const problems: string[] = []
  const seen = new Set<object>()
  const visit = (value: unknown, path: string): void => {
    const problem = badScalar(value)
    if (problem !== undefined) problems.push(`${path} is ${problem}`)
    if (typeof value !== 'object' || value === null || problem !== undefined) return
    if (seen.has(value)) {
      problems.push(`${path} holds itself`)
      return
    }
    seen.add(value)
    for (const [key, child] of Object.entries(value))
      visit(child, Array.isArray(value) ? `${path}[${key}]` : `${path}.${key}`)
    seen.delete(value)
  }
  visit(objects, 'customObjects')
  if (problems.length > 0) {
    throw new BentoError('VALUE_INVALID', `Custom objects must be plain JSON values: ${problems.join(', ')}.`, {
      hint: 'Write other things to files of the model.',
      details: { problems },
    })
  }
  return `${JSON.stringify(objects, undefined, 2)}\n`
}

function badScalar(value: unknown): string | undefined {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return undefined
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0) ? undefined : String(value)
  if (typeof value !== 'object') return value === undefined ? 'undefined' : `a ${typeof value}`
  if (Array.isArray(value)) return undefined
  const prototype = Object.getPrototypeOf(value) as { constructor?: { name?: string } } | null
  return prototype === null || prototype === Object.prototype
    ? undefined
    : `a ${prototype.constructor?.name ?? 'class'}`
}

/**
 * Reads what {@link dumpCustomObjects} wrote. @throws `VALUE_INVALID` where there is only a pickle, or no JSON object
 */
export async function readCustomObjects(dir: string, tag: string): Promise<Record<string, unknown>> {
  const path = join(dir, CUSTOM_OBJECTS_FILE)
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (!isMissing(error)) throw readError(error, 'read the custom objects', path)
    if ((await lstat(join(dir, PICKLE_FILE)).catch(() => undefined)) === undefined) return {}
    throw new BentoError(
      'VALUE_INVALID',
      `The custom objects of ${tag} are a Python pickle, which only Python can read.`,
      {
        hint: `Save them as JSON from Python, in a file ${CUSTOM_OBJECTS_FILE} of the model.`,
        cause: error,
      },
    )
  }
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  } catch (error) {
    throw new BentoError('VALUE_INVALID', `${path} is no JSON.`, { cause: error })
  }
  throw new BentoError('VALUE_INVALID', `${path} holds no JSON object.`)
}
