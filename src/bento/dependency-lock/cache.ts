import { createHash } from 'node:crypto'
import { mkdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { toolName } from '../../core/own-package.js'
import { writeFileAtomic } from '../../files/write.js'
import type { DependencyRequest } from '../types.js'
import type { Derived } from './derive.js'
import { type FoundLock, readIfThere, toLocation } from './find-lock.js'
import type { NpmOptions } from './npm-options.js'

/** Raised whenever the shape of what is kept changes between two releases. */
const FORMAT = 2

interface Kept {
  format: typeof FORMAT
  key: string
  /** SHA-256 of each package.json that was read, by its folder relative to the lock's; null where there was none. */
  manifests: Record<string, string | null>
  derived: Derived
}

/**
 * One derived lock per service, in the project's `node_modules/.cache`: deriving loads npm's engine (0.4 s) and takes as
 * long again, though it changes only with package.json, lock, npm options or externals. A cache that can't be read or
 * written is as good as none.
 */
export class LockCache {
  readonly #folder: string
  readonly #file: string
  readonly #key: string
  readonly #lockRoot: string

  private constructor(folder: string, file: string, key: string, lockRoot: string) {
    this.#folder = folder
    this.#file = file
    this.#key = key
    this.#lockRoot = lockRoot
  }

  /** Undefined where nothing is installed, so that no `node_modules` appears for the cache alone. */
  static async open(request: DependencyRequest, found: FoundLock, npm: NpmOptions): Promise<LockCache | undefined> {
    for (const root of new Set([request.projectRoot, found.root])) {
      const modules = join(root, 'node_modules')
      const isFolder = await stat(modules).then(
        stats => stats.isDirectory(),
        () => false,
      )
      if (!isFolder) continue
      const folder = join(modules, '.cache', 'vite-plugin-bento')
      const service = toLocation(found.root, request.projectRoot)
      const file = join(folder, `lock-${hash(JSON.stringify([service, request.name])).slice(0, 16)}.json`)
      return new LockCache(folder, file, keyOf(request, found, npm, service), found.root)
    }
    return undefined
  }

  async get(): Promise<Derived | undefined> {
    try {
      const kept = JSON.parse(await readFile(this.#file, 'utf8')) as Kept
      if (kept.format !== FORMAT || kept.key !== this.#key) return undefined
      const now = await this.#hashManifests(Object.keys(kept.manifests))
      const same = Object.entries(kept.manifests).every(([folder, was]) => now[folder] === was)
      return same ? kept.derived : undefined
    } catch {
      return undefined
    }
  }

  async set(derived: Derived): Promise<void> {
    try {
      const manifests = await this.#hashManifests(derived.manifests)
      const kept: Kept = { format: FORMAT, key: this.#key, manifests, derived }
      await mkdir(this.#folder, { recursive: true })
      await writeFileAtomic(this.#file, JSON.stringify(kept), this.#folder)
    } catch {
      // The next build derives it again.
    }
  }

  async #hashManifests(folders: readonly string[]): Promise<Record<string, string | null>> {
    const texts = await Promise.all(folders.map(folder => readIfThere(join(this.#lockRoot, folder, 'package.json'))))
    return Object.fromEntries(
      folders.map((folder, index) => {
        const text = texts[index]
        return [folder, text === undefined ? null : hash(text)]
      }),
    )
  }
}

/** Hashes all that a derived lock depends on besides the package.json files, which the lock names. */
function keyOf(request: DependencyRequest, found: FoundLock, npm: NpmOptions, service: string): string {
  const externals = request.externals.map(({ packageName, importer, kind }) =>
    importer === undefined ? [packageName, kind] : [packageName, importerPlace(found.root, importer)],
  )
  const uses = [...new Set(externals.map(use => JSON.stringify(use)))].sort()
  const include = [...request.include].sort()
  const { name, version } = request
  const lockName = toLocation(found.root, found.path)
  return hash(
    JSON.stringify([FORMAT, toolName(), lockName, hash(found.text), npm, service, name, version, uses, include]),
  )
}

/** As much of an importer's path as says which package it belongs to: a new file beside others changes nothing. */
function importerPlace(lockRoot: string, importer: string): string {
  const at = toLocation(lockRoot, importer)
  const installed = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(at)
  return installed?.[0] ?? at.slice(0, Math.max(0, at.lastIndexOf('/')))
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
