import type { FoundEntry } from './entries.js'
import { foldedName } from './entry-path.js'
import { entryError } from './errors.js'

/** Longest chain of links, as Linux has it. */
const MOST_LINKS = 40

/** Something that has its place in a tree of names. */
export interface Place {
  /** POSIX path; `''` for the root. */
  readonly path: string
  readonly kind: 'dir' | 'file' | 'link'
  readonly parent: Place | undefined
  /** What a folder holds, by name. */
  readonly children: Map<string, Place> | undefined
  /** What a link holds. */
  readonly target: string | undefined
  /** The entry that claimed the place first: for a folder, perhaps that of something in it. */
  readonly entry: Claim
}

/** Who claims a place. */
export type Claim = Pick<FoundEntry, 'index' | 'name'>

/** Two places that some disk takes for one. */
export interface Collision {
  first: Place
  second: Place
}

/**
 * The names of an archive as a tree: who has which place, and where links lead. Nothing is read from a disk, so that
 * packing and unpacking judge alike.
 */
export class Places {
  readonly root: Place
  readonly collisions: Collision[] = []
  readonly links: Place[] = []
  readonly #folded = new Map<Place, Map<string, Place>>()
  readonly #resolved = new Map<Place, { place: Place; links: number }>()

  constructor() {
    this.root = place('', 'dir', undefined, { index: -1, name: '' })
  }

  /**
   * Gives a path to an entry. Folders above it come to be with it.
   *
   * @param path in its simplest form, judged already
   * @returns the folders that are new, outermost first (the entry's own among them where it is one)
   * @throws `ENTRY_CLASH` where the path is taken, or a file or link stands in place of a folder above
   */
  claim(path: string, kind: Place['kind'], entry: Claim, target?: string): Place[] {
    const fresh: Place[] = []
    if (path === '') return fresh
    let at = this.root
    const parts = path.split('/')
    const last = parts.length - 1
    for (const [index, name] of parts.entries()) {
      const wanted = index === last ? kind : 'dir'
      const there = at.children?.get(name)
      if (there === undefined) {
        at = this.#add(at, name, wanted, entry, index === last ? target : undefined)
        if (wanted === 'dir') fresh.push(at)
      } else if (there.kind === 'dir' && wanted === 'dir') {
        at = there
      } else {
        throw entryError('ENTRY_CLASH', entry, `${clash(there, index < last)} (entry ${there.entry.index})`, REPACK)
      }
    }
    return fresh
  }

  /** What stands at a path, not following links. */
  find(path: string): Place | undefined {
    let at: Place | undefined = this.root
    for (const name of path.split('/')) at = at?.children?.get(name)
    return at
  }

  /**
   * Where a link leads in the end, through other links, too.
   *
   * @returns what is wrong with it, as a phrase, where it leads outside, nowhere or in circles
   */
  resolve(link: Place): Place | string {
    const found = this.#follow(link, 1)
    return typeof found === 'string' ? found : found.place
  }

  #follow(link: Place, links: number): { place: Place; links: number } | string {
    if (links > MOST_LINKS) return 'a link that leads in circles, or through too many others'
    const known = this.#resolved.get(link)
    if (known !== undefined) return known
    let at = link.parent ?? this.root
    let used = 1
    for (const part of (link.target ?? '').split('/')) {
      if (part === '' || part === '.') continue
      if (part === '..') {
        if (at.parent === undefined) return 'a link that leads out of the folder'
        at = at.parent
        continue
      }
      const next = at.children?.get(part)
      if (next === undefined) return 'a link to nothing'
      at = next
      if (next.kind !== 'link') continue
      const found = this.#follow(next, links + used)
      if (typeof found === 'string') return found
      at = found.place
      used += found.links
    }
    const result = { place: at, links: used }
    this.#resolved.set(link, result)
    return result
  }

  #add(parent: Place, name: string, kind: Place['kind'], entry: Claim, target?: string): Place {
    const path = parent.path === '' ? name : `${parent.path}/${name}`
    const added = place(path, kind, parent, entry, target)
    parent.children?.set(name, added)
    if (kind === 'link') this.links.push(added)
    this.#noteCollision(parent, name, added)
    return added
  }

  #noteCollision(parent: Place, name: string, added: Place): void {
    let folded = this.#folded.get(parent)
    if (folded === undefined) {
      folded = new Map()
      this.#folded.set(parent, folded)
    }
    const key = foldedName(name)
    const first = folded.get(key)
    if (first === undefined) folded.set(key, added)
    else this.collisions.push({ first, second: added })
  }
}

const REPACK = 'Repack it.'

function place(path: string, kind: Place['kind'], parent: Place | undefined, entry: Claim, target?: string): Place {
  return { path, kind, parent, children: kind === 'dir' ? new Map() : undefined, target, entry }
}

function clash(there: Place, above: boolean): string {
  const what = there.kind === 'dir' ? 'folder' : there.kind
  return above ? `an earlier ${what} stands in place of a folder above it` : `an earlier ${what} has the same place`
}

/** Whether links take part in what lies here. */
export function hasLink(place: Place): boolean {
  if (place.kind === 'link') return true
  return [...(place.children?.values() ?? [])].some(hasLink)
}
