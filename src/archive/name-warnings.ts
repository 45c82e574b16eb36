import { windowsRefuses } from './entry-path.js'
import { quoted } from './errors.js'
import type { Places } from './places.js'

/** Names shown in one warning. */
const SHOWN = 5

/** What this disk keeps, and another would not: a sentence for each kind of trouble. */
export function nameWarnings(places: Places, paths: readonly string[]): string[] {
  const reserved = paths.filter(windowsRefuses)
  const alike = places.collisions.map(({ first, second }) => `${quoted(first.path)} and ${quoted(second.path)}`)
  const warnings: string[] = []
  if (reserved.length > 0) warnings.push(`Windows cannot keep these names: ${list(reserved.map(quoted))}.`)
  if (alike.length > 0) warnings.push(`Some disks take these names for the same: ${list(alike)}.`)
  return warnings
}

function list(names: readonly string[]): string {
  const more = names.length - SHOWN
  return names.slice(0, SHOWN).join(', ') + (more > 0 ? ` and ${more} more` : '')
}
