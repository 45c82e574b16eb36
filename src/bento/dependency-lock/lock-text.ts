import { isObject, type LockEntry } from './lock-file.js'

/** Fields that say how an entry is reached: they change with the root, everything else is the source's. */
const FLAGS = ['dev', 'optional', 'devOptional', 'peer', 'extraneous']
/** npm's own order: plain values before objects, among them these first, then by name (`json-stringify-nice`, arborist `shrinkwrap.js`). */
const FIRST = ['name', 'version', 'lockfileVersion', 'resolved', 'integrity', 'requires', 'packages', 'dependencies']

export interface Flags {
  dev: boolean
  optional: boolean
  devOptional: boolean
  peer: boolean
}

/** An entry of the source under the flags of its new place. */
export function reflag(entry: LockEntry, flags: Flags): LockEntry {
  const kept = Object.fromEntries(Object.entries(entry).filter(([field]) => !FLAGS.includes(field)))
  if (entry.link === true) return kept
  // As npm writes them (arborist, `shrinkwrap.js` metaFromNode).
  if (flags.peer) kept.peer = true
  if (flags.dev) kept.dev = true
  if (flags.optional) kept.optional = true
  if (flags.devOptional && !flags.dev && !flags.optional) kept.devOptional = true
  return kept
}

/** Text of a package-lock.json of version 3, as npm would write it. */
export function lockText(manifest: Record<string, unknown>, entries: ReadonlyMap<string, LockEntry>): string {
  const { name, version } = manifest
  const packages = { '': rootEntry(manifest), ...Object.fromEntries(entries) }
  return `${JSON.stringify(ordered({ name, version, lockfileVersion: 3, requires: true, packages }), undefined, 2)}\n`
}

/** What of package.json npm repeats in the lock's root entry; `npm ci` compares the dependencies. */
function rootEntry(manifest: Record<string, unknown>): Record<string, unknown> {
  const fields = ['name', 'version', 'cpu', 'libc', 'os', 'dependencies', 'engines', 'optionalDependencies']
  return Object.fromEntries(fields.flatMap(field => (manifest[field] === undefined ? [] : [[field, manifest[field]]])))
}

function ordered(value: unknown): unknown {
  if (!isObject(value)) return value
  const entries = Object.entries(value).sort(([a, x], [b, y]) => rank(a, x) - rank(b, y) || a.localeCompare(b, 'en'))
  return Object.fromEntries(entries.map(([key, inner]) => [key, ordered(inner)]))
}

function rank(key: string, value: unknown): number {
  const first = FIRST.indexOf(key)
  return (isObject(value) ? FIRST.length + 1 : 0) + (first === -1 ? FIRST.length : first)
}
