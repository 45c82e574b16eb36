import { realpath } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { BentoError } from '../core/errors.js'
import { compareText } from '../core/tag.js'
import { type TreeEntry, walkTree } from './walk.js'

/** Most entries that may be reached through links to folders: a few nested links can otherwise stand for billions. */
const MOST_LINKED = 100_000

/** A regular file of a tree, by the path it is reached at. */
export interface ContentFile {
  /** POSIX path relative to the tree's root; through a link where there is one. */
  path: string
  /** Bytes. */
  size: number
}

/**
 * The regular files below `dir`, links seen as what they point at, sorted by path.
 *
 * @throws `VALUE_INVALID` listing every link that leads outside `dir`, to nothing, or to a folder it lies in
 */
export async function contentFiles(dir: string): Promise<ContentFile[]> {
  const entries = await walkTree(dir)
  const files: ContentFile[] = entries.filter(entry => entry.kind === 'file')
  const links = entries.filter(entry => entry.kind === 'link')
  if (links.length === 0) return files
  const tree = new LinkedTree(await realpath(dir), entries)
  const bad: string[] = []
  for (const link of links) {
    const problem = await tree.follow(link.path, files)
    if (problem !== undefined) bad.push(`${link.path} -> ${link.target} (${problem})`)
  }
  if (bad.length > 0) {
    throw new BentoError('VALUE_INVALID', `These links cannot be stored: ${bad.join(', ')}.`, {
      hint: 'Replace them by the files they point at, or by relative links to files of the same folder.',
      details: { links: bad },
    })
  }
  return files.sort((a, b) => compareText(a.path, b.path))
}

/** Follows links through what a walk has listed, without looking outside it. */
class LinkedTree {
  readonly #root: string
  readonly #entries: Map<string, TreeEntry>
  readonly #children = new Map<string, TreeEntry[]>()
  readonly #targets = new Map<string, Promise<string | undefined>>()
  #linked = 0

  constructor(root: string, entries: TreeEntry[]) {
    this.#root = root
    this.#entries = new Map(entries.map(entry => [entry.path, entry]))
    for (const entry of entries) {
      const parent = entry.path.includes('/') ? entry.path.slice(0, entry.path.lastIndexOf('/')) : ''
      const list = this.#children.get(parent)
      if (list === undefined) this.#children.set(parent, [entry])
      else list.push(entry)
    }
  }

  /** Adds the files behind the link at `path` to `files`; returns what is wrong with it, if anything. */
  async follow(path: string, files: ContentFile[]): Promise<string | undefined> {
    const inner = await this.#resolve(path)
    if (inner === undefined) return 'leads outside or nowhere'
    return this.#add(path, inner, [], files)
  }

  /** The path inside the tree that the link at `path` stands for. */
  #resolve(path: string): Promise<string | undefined> {
    const known = this.#targets.get(path) ?? this.#read(path)
    this.#targets.set(path, known)
    return known
  }

  async #read(path: string): Promise<string | undefined> {
    const target = await realpath(join(this.#root, path)).catch(() => undefined)
    if (target === undefined || !target.startsWith(this.#root + sep)) return undefined
    return target
      .slice(this.#root.length + 1)
      .split(sep)
      .join('/')
  }

  async #add(as: string, inner: string, above: string[], files: ContentFile[]): Promise<string | undefined> {
    const entry = this.#entries.get(inner)
    if (entry === undefined) return 'leads outside or nowhere'
    this.#linked += 1
    if (this.#linked > MOST_LINKED) return 'stands for too many files'
    if (entry.kind === 'file') {
      files.push({ path: as, size: entry.size })
      return undefined
    }
    if (above.includes(inner) || `${as}/`.startsWith(`${inner}/`)) return 'leads in circles'
    for (const child of this.#children.get(inner) ?? []) {
      const childInner = child.kind === 'link' ? await this.#resolve(child.path) : child.path
      if (childInner === undefined) return 'leads outside or nowhere'
      const name = child.path.slice(inner.length + 1)
      const problem = await this.#add(`${as}/${name}`, childInner, [...above, inner], files)
      if (problem !== undefined) return problem
    }
    return undefined
  }
}
