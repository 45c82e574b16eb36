/** An entry of `packages` in a package-lock.json of version 2 or 3, as far as it is read here. */
export interface LockEntry {
  /** Real name where it differs from the folder's: aliases, links. */
  name?: string
  version?: string
  resolved?: string
  integrity?: string
  link?: boolean
  dev?: boolean
  inBundle?: boolean
  license?: string
  optional?: boolean
  os?: string | string[]
  cpu?: string | string[]
  libc?: string | string[]
  dependencies?: Record<string, string>
  optionalDependencies?: Record<string, string>
  peerDependencies?: Record<string, string>
}

/** Entries by their place, `''` being the root: `node_modules/a/node_modules/b`. */
export type LockEntries = Record<string, LockEntry>

/** Reads the text of a lock that this package wrote itself. */
export function lockEntries(lock: string): LockEntries {
  return (JSON.parse(lock) as { packages?: LockEntries }).packages ?? {}
}

/** The name of the package at a place of the lock. */
export function packageName(place: string, entry: LockEntry): string {
  return entry.name ?? place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length)
}

/** Where `name`, required at `place`, is found: in the nearest `node_modules` upwards, as Node looks. */
export function findPackage(entries: LockEntries, place: string, name: string): string | undefined {
  for (let folder = place; ; folder = parentOf(folder)) {
    const found = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`
    const entry = entries[found]
    if (entry !== undefined) return entry.link === true && entry.resolved !== undefined ? entry.resolved : found
    if (folder === '') return undefined
  }
}

function parentOf(place: string): string {
  return place.slice(0, Math.max(0, place.lastIndexOf('/')))
}
