import type { LockEntry, LockFile } from './lock-file.js'

/** A dependency as an entry of the lock states it. */
export interface LockEdge {
  name: string
  spec: string
  type: 'prod' | 'optional' | 'peer' | 'peerOptional'
}

/** What an entry depends on at run time, as npm reads it: optional wins over plain, devDependencies are left out. */
export function edgesOf(entry: LockEntry): LockEdge[] {
  const edges = new Map<string, LockEdge>()
  const meta = entry.peerDependenciesMeta ?? {}
  for (const [name, spec] of Object.entries(entry.peerDependencies ?? {})) {
    edges.set(name, { name, spec, type: meta[name]?.optional === true ? 'peerOptional' : 'peer' })
  }
  for (const [name, spec] of Object.entries(entry.dependencies ?? {})) edges.set(name, { name, spec, type: 'prod' })
  for (const [name, spec] of Object.entries(entry.optionalDependencies ?? {}))
    edges.set(name, { name, spec, type: 'optional' })
  return [...edges.values()]
}

/** The location itself, or what it links to. */
export function followLink(packages: ReadonlyMap<string, LockEntry>, location: string): string {
  const entry = packages.get(location)
  return entry?.link === true && entry.resolved !== undefined ? entry.resolved : location
}

/** Whether a location is a folder of the project's own: a workspace or the target of a `file:` link. */
export function isLocal(location: string): boolean {
  return location !== '' && !/(?:^|\/)node_modules\//.test(location)
}

/** `node_modules/a/node_modules/@s/b` parts into the location of the holder (`node_modules/a`) and the name (`@s/b`). */
export function splitLocation(location: string): { holder: string; name: string } {
  const at = location.lastIndexOf('node_modules/')
  return { holder: location.slice(0, Math.max(0, at - 1)), name: location.slice(at + 'node_modules/'.length) }
}

/** What a user would call an entry: `name@version`. */
export function entryLabel(lock: LockFile, location: string): string {
  const target = lock.packages.get(followLink(lock.packages, location))
  const name = target?.name ?? splitLocation(location).name
  return target?.version === undefined ? name : `${name}@${target.version}`
}

/** All locations that `start` needs at run time, itself included: along every edge but optional peers. */
export function closure(lock: LockFile, start: Iterable<string>): Set<string> {
  const { packages } = lock
  const seen = new Set<string>()
  const queue = [...start]
  for (let location = queue.pop(); location !== undefined; location = queue.pop()) {
    if (seen.has(location)) continue
    seen.add(location)
    const entry = packages.get(location)
    if (entry === undefined) continue
    if (entry.link === true) {
      queue.push(followLink(packages, location))
      continue
    }
    for (const edge of edgesOf(entry)) {
      if (edge.type === 'peerOptional') continue
      const target = lock.find(location, edge.name)
      if (target !== undefined) queue.push(target)
    }
  }
  return seen
}
