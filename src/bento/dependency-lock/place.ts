import { BentoError } from '../../core/errors.js'
import { isSafeName, type LockFile } from './lock-file.js'
import { edgesOf, followLink, isLocal, splitLocation } from './lock-graph.js'
import { resolveFrom } from './resolve-from.js'

/** Folder of the bento's `src/` that holds the project's own packages. */
export const LOCAL_FOLDER = 'local-packages'

/** More rounds than any real tree needs: each settles at least one edge for good. */
const ROUNDS = 100

/** Where each kept entry lies in the bento: its location there, to its location in the project's lock. */
export type Layout = Map<string, string>

/**
 * Lays the kept entries out below a new root that depends on `roots` directly.
 *
 * Everything stays where npm had placed it, with the service's own folder as the root. Only what that moves onto a
 * taken place (the service's own `node_modules/x`, or an inlined package's, against the hoisted one) is displaced, and
 * then goes below whoever needs it, so that every import still finds the very entry it found before.
 *
 * @param roots direct dependencies, name to location in the source
 * @param kept locations of the source that are needed
 * @param service location of the service's package in the source
 */
export function place(
  lock: LockFile,
  roots: ReadonlyMap<string, string>,
  kept: ReadonlySet<string>,
  service: string,
): Layout {
  const layout: Layout = new Map()
  for (const [name, location] of roots) layout.set(`node_modules/${name}`, location)
  const wanted = [...kept]
    .filter(location => location !== '')
    .map(location => [newHome(lock, kept, service, location), location] as const)
  // Holders before what they hold.
  wanted.sort(([a], [b]) => depth(a) - depth(b) || (a < b ? -1 : 1))
  for (const [home, location] of wanted) {
    if (layout.has(home)) continue
    if (!isLocal(home)) {
      const { holder } = splitLocation(home)
      if (holder !== '' && layout.get(holder) !== splitLocation(location).holder) continue
    }
    layout.set(home, location)
  }
  for (const location of kept) {
    const target = followLink(lock.packages, location)
    if (target !== location) layout.set(newHome(lock, kept, service, target), target)
  }
  mend(lock, layout, kept, new Set([...roots.keys()].map(name => `node_modules/${name}`)))
  return reachable(lock, layout, roots)
}

const homes = new WeakMap<LockFile, Map<string, string>>()

/** Where a local package lies in the bento: `local-packages/@acme/lib`. */
export function localHome(lock: LockFile, location: string): string {
  let known = homes.get(lock)
  if (known === undefined) {
    known = localHomes(lock)
    homes.set(lock, known)
  }
  return known.get(location) ?? `${LOCAL_FOLDER}/${lastPart(location)}`
}

/** By name; where two folders have the same one, the later gets a number. */
function localHomes(lock: LockFile): Map<string, string> {
  const byHome = new Map<string, string>()
  const linkNames = new Map<string, string>()
  for (const [location, entry] of lock.packages) {
    if (entry.link === true) linkNames.set(entry.resolved ?? '', splitLocation(location).name)
  }
  for (const location of [...lock.packages.keys()].filter(isLocal).sort()) {
    const name = lock.packages.get(location)?.name ?? linkNames.get(location) ?? lastPart(location)
    const home = `${LOCAL_FOLDER}/${isSafeName(name) ? name : lastPart(location)}`
    let free = home
    for (let count = 2; byHome.has(free); count++) free = `${home}-${count}`
    byHome.set(free, location)
  }
  return new Map([...byHome].map(([home, location]) => [location, home]))
}

function lastPart(location: string): string {
  return location.slice(location.lastIndexOf('/') + 1)
}

function newHome(lock: LockFile, kept: ReadonlySet<string>, service: string, location: string): string {
  const local = localHolder(kept, location)
  if (local !== undefined) return localHome(lock, local) + location.slice(local.length)
  if (service !== '' && location.startsWith(`${service}/node_modules/`)) return location.slice(service.length + 1)
  return location.slice(location.indexOf('node_modules/'))
}

/** The kept local package that a location is or lies below. */
function localHolder(kept: ReadonlySet<string>, location: string): string | undefined {
  if (isLocal(location)) return location
  const at = location.indexOf('/node_modules/')
  const top = at === -1 ? '' : location.slice(0, at)
  return isLocal(top) && kept.has(top) ? top : undefined
}

function depth(location: string): number {
  return location.split('node_modules/').length
}

/**
 * Places again what some entry can't find any more, until every edge leads where it led in the source.
 *
 * A peer must lie beside its user, not below it (npm: "PEER LOCAL"). Where that place is taken, it is the user that
 * moves: below those who need it, where there is room for both.
 */
function mend(lock: LockFile, layout: Layout, kept: ReadonlySet<string>, fixed: ReadonlySet<string>): void {
  const left = new Set<string>()
  for (let round = 0; round < ROUNDS; round++) {
    const changed = [...layout].filter(([home]) => layout.has(home) && mendOne(lock, layout, kept, fixed, left, home))
    if (changed.length === 0) return
  }
  throw new BentoError('LOCK_UNSUPPORTED', 'The packages of this workspace member cannot be laid out below one root.', {
    hint: "Bring the versions together that its own node_modules and the workspace root's disagree on.",
  })
}

function mendOne(
  lock: LockFile,
  layout: Layout,
  kept: ReadonlySet<string>,
  fixed: ReadonlySet<string>,
  left: Set<string>,
  home: string,
): boolean {
  const location = layout.get(home)
  const entry = lock.packages.get(location ?? '')
  if (location === undefined || entry === undefined || entry.link === true) return false
  let changed = false
  for (const edge of edgesOf(entry)) {
    const target = lock.find(location, edge.name)
    if (target === undefined || !kept.has(target)) continue
    const now = resolveFrom(key => layout.has(key), home, edge.name)
    if (now === undefined ? edge.type === 'peerOptional' : layout.get(now) === target) continue
    changed = true
    const peer = edge.type === 'peer' || edge.type === 'peerOptional'
    const top = `node_modules/${edge.name}`
    const beside = `${prefixOf(home)}node_modules/${edge.name}`
    if (now === undefined && !left.has(top)) copyTo(layout, kept, target, top)
    else if (peer && !layout.has(beside)) copyTo(layout, kept, target, beside)
    else if (peer && !fixed.has(home) && !left.has(home)) {
      left.add(home)
      for (const below of [...layout.keys()]) if (below === home || below.startsWith(`${home}/`)) layout.delete(below)
      return true
    } else copyTo(layout, kept, target, `${home}/node_modules/${edge.name}`)
  }
  return changed
}

function prefixOf(home: string): string {
  const { holder } = splitLocation(home)
  return holder === '' ? '' : `${holder}/`
}

/** Puts an entry at a place, with all that it holds: what is bundled in its tarball must stay below it. */
function copyTo(layout: Layout, kept: ReadonlySet<string>, location: string, home: string): void {
  layout.set(home, location)
  for (const below of kept) {
    if (below.startsWith(`${location}/node_modules/`)) layout.set(home + below.slice(location.length), below)
  }
}

function reachable(lock: LockFile, layout: Layout, roots: ReadonlyMap<string, string>): Layout {
  const seen = new Set<string>()
  const queue = [...roots.keys()].map(name => `node_modules/${name}`)
  for (let home = queue.pop(); home !== undefined; home = queue.pop()) {
    if (seen.has(home)) continue
    seen.add(home)
    const entry = lock.packages.get(layout.get(home) ?? '')
    if (entry === undefined) continue
    if (entry.link === true && entry.resolved !== undefined) {
      queue.push(localHome(lock, entry.resolved))
      continue
    }
    for (const edge of edgesOf(entry)) {
      if (edge.type === 'peerOptional') continue
      const target = resolveFrom(key => layout.has(key), home, edge.name)
      if (target !== undefined) queue.push(target)
    }
  }
  return new Map([...layout].filter(([home]) => seen.has(home)).sort(([a], [b]) => (a < b ? -1 : 1)))
}
