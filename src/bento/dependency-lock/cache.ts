import { createHash } from 'node:crypto'
import { mkdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { toolName } from '../../core/own-package.js'
import { writeFileAtomic } from '../../files/write.js'
import type { DependencyRequest } from '../types.js'
import type { Derived } from './derive.js'
import { type FoundLock, readIfThere, toLocation } from './find-lock.js'
import type { NpmOptions } from './npm-options.js'
import type { PatchSource } from './patches.js'

/** Raised whenever the shape of what is kept changes between two releases. */
const FORMAT = 3

interface Kept {
  format: typeof FORMAT
  key: string
  /** SHA-256 of each file that was read besides the lock, by its path relative to the lock's folder; null for none. */
  inputs: Record<string, string | null>
  derived: Derived
}

/**
 * One derived lock per service, in the project's `node_modules/.cache`: deriving loads npm's engine (0.4 s) and takes as
 * long again, though it changes only with package.json, lock, settings or externals. A cache that can't be read or
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
  static async open(
    request: DependencyRequest,
    found: FoundLock,
    npm: NpmOptions,
    patches: readonly PatchSource[],
  ): Promise<LockCache | undefined> {
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
      return new LockCache(folder, file, keyOf(request, found, npm, patches, service), found.root)
    }
    return undefined
  }

  async get(): Promise<Derived | undefined> {
    try {
      const kept = JSON.parse(await readFile(this.#file, 'utf8')) as Kept
      if (kept.format !== FORMAT || kept.key !== this.#key) return undefined
      const now = await this.#hashInputs(Object.keys(kept.inputs))
      const same = Object.entries(kept.inputs).every(([path, was]) => now[path] === was)
      return same ? kept.derived : undefined
    } catch {
      return undefined
    }
  }

  async set(derived: Derived): Promise<void> {
    try {
      const inputs = await this.#hashInputs(derived.inputs)
      const kept: Kept = { format: FORMAT, key: this.#key, inputs, derived }
      await mkdir(this.#folder, { recursive: true })
      await writeFileAtomic(this.#file, JSON.stringify(kept), this.#folder)
    } catch {
      // The next build derives it again.
    }
  }

  async #hashInputs(paths: readonly string[]): Promise<Record<string, string | null>> {
    const texts = await Promise.all(paths.map(path => readIfThere(join(this.#lockRoot, path))))
    return Object.fromEntries(
      paths.map((path, index) => {
        const text = texts[index]
        return [path, text === undefined ? null : hash(text)]
      }),
    )
  }
}

/** Hashes all that a derived lock depends on besides the package.json files, which the lock names. */
function keyOf(
  request: DependencyRequest,
  found: FoundLock,
  npm: NpmOptions,
  patches: readonly PatchSource[],
  service: string,
): string {
  const externals = request.externals.map(({ packageName, importer, kind }) =>
    importer === undefined ? [packageName, kind] : [packageName, importerPlace(found.root, importer)],
  )
  const uses = [...new Set(externals.map(use => JSON.stringify(use)))].sort()
  const include = [...request.include].sort()
  const { name, version } = request
  const lockName = toLocation(found.root, found.path)
  return hash(
    JSON.stringify([
      FORMAT,
      toolName(),
      lockName,
      hash(found.text),
      found.settings ?? null,
      npm,
      patches,
      service,
      name,
      version,
      uses,
      include,
    ]),
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
