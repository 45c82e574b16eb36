import type { ExtractLimits } from '../../archive/types.js'
import { nearNames } from '../../core/text.js'
import { usageError } from '../problem.js'
import { parseBytes } from './bytes.js'
import { keyAndValue } from './labels.js'

/** What each limit counts. */
const LIMITS: Record<keyof ExtractLimits, 'bytes' | 'things'> = {
  bytes: 'bytes',
  entries: 'things',
  ratio: 'things',
  unpacked: 'bytes',
  path: 'bytes',
  part: 'bytes',
  depth: 'things',
  header: 'bytes',
  memory: 'bytes',
}

/** The names of the limits, as `--limit` takes them. */
export const LIMIT_NAMES = Object.keys(LIMITS) as (keyof ExtractLimits)[]

/**
 * Takes one more `--limit name=value` to those before it: `bytes=20GiB`, `entries=500000`, `ratio=unlimited`.
 *
 * @throws `USAGE` where it is malformed, names no limit, or gives one twice
 */
export function addLimit(text: string, limits: Partial<ExtractLimits> = {}): Partial<ExtractLimits> {
  const [name, value] = keyAndValue(text, '--limit', 'bytes=20GiB')
  const limit = LIMIT_NAMES.find(known => known === name)
  if (limit === undefined) throw unknown(name)
  if (limits[limit] !== undefined) throw usageError(`--limit gives ${limit} twice.`, 'Give each limit once.')
  return { ...limits, [limit]: amount(limit, value) }
}

function amount(limit: keyof ExtractLimits, text: string): number {
  if (text === 'unlimited') return Number.POSITIVE_INFINITY
  const counted = LIMITS[limit]
  const value = counted === 'bytes' ? parseBytes(text) : wholeNumber(text)
  if (value !== undefined && value > 0) return value
  const example = counted === 'bytes' ? `${limit}=20GiB` : `${limit}=500000`
  throw usageError(
    `--limit ${limit}=${JSON.stringify(text)} is not ${counted === 'bytes' ? 'a size' : 'a whole number'} above 0.`,
    `Write --limit ${example}, or ${limit}=unlimited.`,
  )
}

function wholeNumber(text: string): number | undefined {
  const value = Number(text)
  return /^\d+$/.test(text) && Number.isSafeInteger(value) ? value : undefined
}

function unknown(name: string) {
  const [near] = nearNames(name, LIMIT_NAMES)
  const meant = near === undefined ? '' : `Did you mean ${near}? `
  return usageError(`${JSON.stringify(name)} is no limit.`, `${meant}The limits are ${LIMIT_NAMES.join(', ')}.`)
}
