import { BentoError } from '../../core/errors.js'
import type { LockFile } from './lock-file.js'
import { edgesOf, entryLabel, followLink, type LockEdge } from './lock-graph.js'
import { type Layout, localHome } from './place.js'

/**
 * Lays packages out that have no places of npm's yet, below a root that depends on `roots` directly: each as high as it
 * can lie so that everyone finds the very entry the lock says. What lies higher is shared; a second version of a name
 * goes below whoever needs it, together with those that have it as their peer.
 *
 * @param roots direct dependencies, name to location in the source
 * @param kept locations of the source that are needed
 * @throws `DEPENDENCY_CONFLICT` where no such tree is found: two peers of one name at one place, or versions that want one another in
 * turn, without end
 */
export function hoist(lock: LockFile, roots: ReadonlyMap<string, string>, kept: ReadonlySet<string>): Layout {
  const tree = new Tree(lock, kept)
  // All of them before any peer, which must not take a root's place.
  for (const [name, location] of roots) tree.layout.set(slot('', name), location)
  for (const [name, location] of roots) tree.put('', name, location)
  tree.fill()
  return new Map([...tree.layout].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** `node_modules` folders are named by who holds them: `''`, `node_modules/a`, `local-packages/b`. */
class Tree {
  readonly layout: Layout = new Map()
  readonly #lock: LockFile
  readonly #kept: ReadonlySet<string>
  readonly #queue: string[] = []
  /** Names that someone below a folder finds above it, so that nothing may come between. */
  readonly #passing = new Map<string, Set<string>>()

  constructor(lock: LockFile, kept: ReadonlySet<string>) {
    this.#lock = lock
    this.#kept = kept
  }

  /** Puts an entry at a place, and the peers it must find beside it. */
  put(folder: string, name: string, location: string): void {
    const home = slot(folder, name)
    this.layout.set(home, location)
    const target = followLink(this.#lock.packages, location)
    if (target !== location) {
      const local = localHome(this.#lock, target)
      if (!this.layout.has(local)) {
        this.layout.set(local, target)
        this.#queue.push(local)
      }
      return
    }
    this.#queue.push(home)
    for (const { edge, target: peer } of this.#wants(location)) {
      if (isPeer(edge)) this.#settle(home, edge, peer)
    }
  }

  /** First come those nearest to the root, which thereby keep the highest places. */
  fill(): void {
    for (let home = this.#queue.shift(); home !== undefined; home = this.#queue.shift()) {
      for (const { edge, target } of this.#wants(this.layout.get(home) ?? '')) this.#settle(home, edge, target)
    }
  }

  #wants(location: string): { edge: LockEdge; target: string }[] {
    return edgesOf(this.#lock.packages.get(location) ?? {}).flatMap(edge => {
      const target = this.#lock.find(location, edge.name)
      return target === undefined || !this.#kept.has(target) ? [] : [{ edge, target }]
    })
  }

  /** Makes what lies at `home` find `target`. */
  #settle(home: string, edge: LockEdge, target: string): void {
    const folders = foldersOf(home)
    // A peer lies beside its user or higher, never below.
    const open = isPeer(edge) && home.includes('node_modules/') ? folders.slice(0, -1) : folders
    const found = open.findLastIndex(folder => this.layout.has(slot(folder, edge.name)))
    if (found !== -1 && this.layout.get(slot(open[found] ?? '', edge.name)) === target) {
      this.#pass(folders.slice(found + 1), edge.name)
      return
    }
    const place = open.findIndex(
      (folder, index) =>
        index > found && this.#isFree(folder, edge.name) && this.#peersFit(target, open.slice(0, index + 1)),
    )
    const folder = open[place]
    // Versions that want one another in turn would be nested for ever.
    const within = folders.filter(each => this.layout.get(each) === target).length
    if (folder === undefined || within > 2) throw noRoom(this.#lock, this.layout.get(home) ?? '', target)
    this.#pass(folders.slice(place + 1), edge.name)
    this.put(folder, edge.name, target)
  }

  #isFree(folder: string, name: string): boolean {
    return !this.layout.has(slot(folder, name)) && this.#passing.get(folder)?.has(name) !== true
  }

  /** Whether an entry in the last of these folders would find its peers, or there is room to put them. */
  #peersFit(location: string, folders: readonly string[], seen = new Set<string>()): boolean {
    if (seen.has(location)) return true
    seen.add(location)
    return this.#wants(location)
      .filter(({ edge }) => isPeer(edge))
      .every(({ edge, target }) => {
        if (seen.has(target)) return true
        const found = folders.findLastIndex(folder => this.layout.has(slot(folder, edge.name)))
        if (found !== -1 && this.layout.get(slot(folders[found] ?? '', edge.name)) === target) return true
        return folders.some(
          (folder, index) =>
            index > found &&
            this.#isFree(folder, edge.name) &&
            this.#peersFit(target, folders.slice(0, index + 1), seen),
        )
      })
  }

  #pass(folders: readonly string[], name: string): void {
    for (const folder of folders) {
      const names = this.#passing.get(folder)
      if (names === undefined) this.#passing.set(folder, new Set([name]))
      else names.add(name)
    }
  }
}

function slot(folder: string, name: string): string {
  return folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`
}

/** The folders whose `node_modules` what lies at `home` can see, the root first and its own last. */
function foldersOf(home: string): string[] {
  const parts = home.split('/node_modules/')
  const outer = parts.slice(0, -1).map((_, index) => parts.slice(0, index + 1).join('/node_modules/'))
  return ['', ...outer, home]
}

function isPeer({ type }: LockEdge): boolean {
  return type === 'peer' || type === 'peerOptional'
}

function noRoom(lock: LockFile, from: string, target: string): BentoError {
  const [who, what] = [entryLabel(lock, from), entryLabel(lock, target)]
  return new BentoError(
    'DEPENDENCY_CONFLICT',
    `${who} needs ${what}, for which npm has no place: another version must lie there.`,
    {
      hint: 'Bring the two to one version ("overrides" in pnpm-workspace.yaml), or bundle the package that needs it.',
      details: { from: who, to: what },
    },
  )
}
