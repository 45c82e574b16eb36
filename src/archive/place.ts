import { constants } from 'node:fs'
import { chmod, copyFile, mkdir, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { compareText } from '../core/tag.js'
import { syncFile } from '../files/sync.js'
import type { FoundEntries, FoundEntry } from './entries.js'
import { entryPath, targetProblem, windowsRefuses } from './entry-path.js'
import { entryError, linkError, nothingIn, placeError } from './errors.js'
import { limitError, type Meter } from './limits.js'
import { nameWarnings } from './name-warnings.js'
import { copyLinked, makeLinks } from './place-links.js'
import { hasLink, type Place, Places } from './places.js'
import { syncFolders } from './sync-folders.js'
import type { EarlyFile, UnpackedFile } from './unpack.js'
import { FileWriter } from './writer.js'

/** How {@link placeEntries} works. */
export interface PlaceOptions {
  meter: Meter
  links: 'keep' | 'copy' | 'refuse'
  /** Asked at the beginning of each file. */
  hash(): boolean
  sync: boolean
  /** Gives files and folders the modes 0644 and 0755 whatever the umask. @default false */
  exactModes?: boolean
  early?: EarlyFile | undefined
  signal: AbortSignal | undefined
}

/** What was put in its place. */
export interface Placed {
  /** Sorted by path. */
  files: UnpackedFile[]
  /** Sorted by path. */
  links: { path: string; target: string }[]
  warnings: string[]
}

/**
 * Brings what a reader finds in an archive to the disk, below `dir`, which is empty. Judged are names (by the rules of
 * all platforms on each), places taken twice, links and limits, entry by entry, before anything is written for it.
 * Folders, then files, come in the archive's order; links come last, so that nothing is ever written through one.
 *
 * @throws `ENTRY_NAME`, `ENTRY_KIND`, `ENTRY_CLASH`, `LIMIT_EXCEEDED`, `DISK_FULL`, `TARGET_INVALID`, `IO_FAILED`, and
 * what the reader throws. What was written then is left to the caller to remove; nothing is being written any more
 */
export async function placeEntries(found: FoundEntries, dir: string, options: PlaceOptions): Promise<Placed> {
  const placer = new Placer(dir, options)
  try {
    for await (const entry of found) {
      options.signal?.throwIfAborted()
      await placer.place(entry)
    }
    return await placer.finish()
  } finally {
    await placer.settle()
  }
}

class Placer {
  readonly #dir: string
  readonly #options: PlaceOptions
  readonly #places = new Places()
  readonly #files = new Map<string, UnpackedFile>()
  readonly #writer: FileWriter
  #empty = true

  constructor(dir: string, options: PlaceOptions) {
    this.#dir = dir
    this.#options = options
    this.#writer = new FileWriter({ exactModes: false, ...options, dir })
  }

  async place(entry: FoundEntry): Promise<void> {
    const { meter, links } = this.#options
    const path = entryPath(entry, meter.limits)
    this.#empty = false
    // Many a tar begins with the folder itself.
    if (path !== '') meter.entry()
    if (process.platform === 'win32' && windowsRefuses(path)) {
      throw entryError('ENTRY_NAME', entry, 'Windows cannot keep that name', 'Unpack it elsewhere, or repack it.')
    }
    switch (entry.kind) {
      case 'dir':
        return this.#makeFolders(this.#places.claim(path, 'dir', entry), entry)
      case 'file': {
        await this.#makeFolders(this.#places.claim(path, 'file', entry), entry)
        const file = await this.#writer.write(entry, path, join(this.#dir, path))
        this.#files.set(path, file)
        return this.#tellEarly(path)
      }
      case 'hardlink':
        return this.#copyEarlier(entry, path)
      case 'link': {
        const target = entry.target ?? ''
        const problem = links === 'refuse' ? 'a link, and links are not wanted' : targetProblem(target)
        if (problem !== undefined) throw linkError(entry, problem)
        if (Buffer.byteLength(target) > meter.limits.path) {
          throw limitError('path', meter.limits.path, `Entry ${entry.index} is a link to a longer path than allowed`)
        }
        return this.#makeFolders(this.#places.claim(path, 'link', entry, target), entry)
      }
    }
  }

  async finish(): Promise<Placed> {
    await this.#writer.drain()
    const { sync } = this.#options
    if (this.#empty) throw nothingIn()
    this.#judgeCollisions()
    const links = await this.#makeLinks()
    if (sync) await syncFolders(this.#places.root, this.#dir)
    const files = [...this.#files.values()].sort((a, b) => compareText(a.path, b.path))
    return { files, links, warnings: nameWarnings(this.#places, [...this.#files.keys()]) }
  }

  /** Waits for what is under way. */
  settle(): Promise<void> {
    return this.#writer.settle()
  }

  async #tellEarly(path: string): Promise<void> {
    const { early } = this.#options
    if (early?.path !== path) return
    await this.#writer.drain()
    await early.arrived()
  }

  async #makeFolders(fresh: readonly Place[], entry: FoundEntry): Promise<void> {
    for (const folder of fresh) {
      try {
        const full = join(this.#dir, folder.path)
        await mkdir(full, 0o755)
        if (this.#options.exactModes) await chmod(full, 0o755)
      } catch (error) {
        throw placeError(error, entry, this.#dir)
      }
    }
  }

  /** A hard link becomes a copy of the file, which must have come before it. */
  async #copyEarlier(entry: FoundEntry, path: string): Promise<void> {
    const { meter, sync } = this.#options
    const name = entry.target ?? ''
    const from = entryPath({ index: entry.index, name, kind: 'hardlink' }, meter.limits)
    const earlier = this.#files.get(from)
    if (earlier === undefined) throw linkError(entry, 'a hard link to something that is no earlier file of the archive')
    await this.#makeFolders(this.#places.claim(path, 'file', entry), entry)
    meter.declared(earlier.size)
    await this.#writer.drain()
    const full = join(this.#dir, path)
    try {
      await copyFile(join(this.#dir, from), full, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE)
      if (sync) await syncFile(full)
    } catch (error) {
      throw placeError(error, entry, this.#dir)
    }
    meter.wrote(earlier.size)
    this.#files.set(path, { ...earlier, path })
  }

  async #makeLinks(): Promise<Placed['links']> {
    const { links } = this.#places
    const judged = links.map(link => {
      const found = this.#places.resolve(link)
      if (typeof found === 'string') throw linkError(link.entry, found)
      return { link, found }
    })
    if (this.#options.links === 'copy') {
      await copyLinked(judged, { ...this.#options, dir: this.#dir, places: this.#places, files: this.#files })
      return []
    }
    await makeLinks(judged, this.#dir, await realpath(this.#dir))
    return links
      .map(link => ({ path: link.path, target: link.target ?? '' }))
      .sort((a, b) => compareText(a.path, b.path))
  }

  #judgeCollisions(): void {
    const bad = this.#places.collisions.find(({ first, second }) => hasLink(first) || hasLink(second))
    if (bad === undefined) return
    throw entryError(
      'ENTRY_CLASH',
      bad.second.entry,
      `some disks take its name for that of entry ${bad.first.entry.index}, and one of them is or holds a link`,
      'Repack it with names that differ in more than case or Unicode form.',
    )
  }
}
