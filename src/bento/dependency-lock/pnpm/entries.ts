import { posix } from 'node:path'
import semver from 'semver'
import type { LockEntry, LockFile } from '../lock-file.js'
import type { Manifest } from '../project.js'
import { installedAt } from './installed.js'
import { type Fields, fieldsOf, type PnpmImporter, type PnpmLock, texts } from './lock.js'
import { packageKey, snapshotOf, splitKey } from './reference.js'
import { exactSpec, publishedFields, sourceOf } from './source.js'

/** A pnpm lock in the terms of npm's, and what of it no npm lock can say. */
export interface PnpmGraph {
  lock: LockFile
  /** Why an entry can't go into a bento, by its location. */
  unusable: ReadonlyMap<string, string>
  /** Dependencies that the lock names but does not hold, by the location of who wants them. */
  gaps: ReadonlyMap<string, string[]>
  /** Whether the lock says that `name@version` has programs. */
  hasPrograms(key: string): boolean
  /** Whether the lock knows what a folder of the project depends on. */
  holds(location: string): boolean
}

/** Optional peers that are for the compiler alone. */
const TYPES_ONLY = /^(?:typescript|@types\/.+)$/

/**
 * Turns pnpm's graph into entries as npm writes them, one for each snapshot, so that a package that pnpm resolved with
 * other peers is another entry. pnpm's lock holds no ranges, but what each resolved to; so dependencies are exact.
 * A peer keeps its range where what pnpm took satisfies it; one that nothing provides is left out, as pnpm did.
 */
export class PnpmEntries implements PnpmGraph {
  readonly lock: LockFile
  readonly unusable = new Map<string, string>()
  readonly gaps = new Map<string, string[]>()
  readonly #pnpm: PnpmLock
  readonly #entries = new Map<string, LockEntry>()
  /** Where each entry finds what, by name. */
  readonly #edges = new Map<string, Map<string, string>>()
  readonly #byName = new Map<string, string[]>()
  /** Locations of what was asked for by URL. */
  readonly #byUrl = new Set<string>()

  /** @param manifests package.json of each importer */
  constructor(pnpm: PnpmLock, path: string, manifests: ReadonlyMap<string, Manifest>) {
    this.#pnpm = pnpm
    for (const snapshot of pnpm.snapshots.keys()) this.#package(snapshot)
    for (const folder of pnpm.importers.keys()) this.describe(folder, manifests.get(folder) ?? {})
    for (const [snapshot, fields] of pnpm.snapshots) this.#dependencies(snapshot, fields)
    for (const [folder, importer] of pnpm.importers) this.#imports(folder, importer)
    const find = (location: string, name: string) => this.#find(location, name)
    const candidates = (name: string) => this.#byName.get(name) ?? []
    const installed = (folder: string) => installedAt(folder, candidates, this.#entries)
    this.lock = { manager: 'pnpm', path, packages: this.#entries, find, installedAt: installed }
  }

  holds(location: string): boolean {
    return this.#edges.has(location)
  }

  hasPrograms(key: string): boolean {
    return this.#pnpm.packages.get(key)?.hasBin === 'true'
  }

  #package(snapshot: string): void {
    const { name, version } = splitKey(snapshot)
    const fields = this.#pnpm.packages.get(packageKey(snapshot)) ?? {}
    const { folder, unusable, ...source } = sourceOf(fieldsOf(fields.resolution))
    // A folder of the project is an entry of its own, below.
    if (folder !== undefined) return
    const location = locationOf(snapshot)
    if (unusable !== undefined) this.unusable.set(location, unusable)
    const exact = typeof fields.version === 'string' ? fields.version : version
    this.#entries.set(location, { name, version: exact, ...source, ...publishedFields(fields) })
    if (/^https?:/i.test(version)) this.#byUrl.add(location)
    this.#byName.set(name, [...(this.#byName.get(name) ?? []), location])
  }

  /** Gives a folder of the project the name and version of its package.json. */
  describe(folder: string, { name, version }: Manifest): void {
    const named = typeof name === 'string' ? { name } : {}
    const dated = typeof version === 'string' ? { version } : {}
    this.#entries.set(folder, { ...this.#entries.get(folder), ...named, ...dated })
  }

  /** The folder that a snapshot stands for, where it is one of the project's own. */
  #folderOf(snapshot: string): string | undefined {
    return sourceOf(fieldsOf(this.#pnpm.packages.get(packageKey(snapshot))?.resolution)).folder
  }

  /** Where a dependency leads, undefined where the lock does not hold it. */
  #target(folder: string, name: string, version: string): string | undefined {
    const snapshot = snapshotOf(name, version)
    const linked = snapshot === undefined ? posix.join(folder, version.slice('link:'.length)) : this.#folderOf(snapshot)
    if (linked === undefined) {
      const location = locationOf(snapshot ?? '')
      return this.#entries.has(location) ? location : undefined
    }
    const target = linked === '.' ? '' : linked.replace(/\/$/, '')
    if (!this.#entries.has(target)) this.#entries.set(target, { name })
    if (snapshot !== undefined && !this.#pnpm.importers.has(target)) this.#folder(target, snapshot)
    const location = `node_modules/.pnpm/link:${target}/node_modules/${name}`
    this.#entries.set(location, { link: true, resolved: target })
    return location
  }

  /** A folder outside the workspace, whose dependencies its snapshot has. */
  #folder(target: string, snapshot: string): void {
    if (this.#edges.has(target)) return
    this.#edges.set(target, new Map())
    this.#entries.set(target, { name: splitKey(snapshot).name })
    this.#dependencies(snapshot, this.#pnpm.snapshots.get(snapshot) ?? {}, target)
  }

  #dependencies(snapshot: string, fields: Fields, location = locationOf(snapshot)): void {
    const entry = this.#entries.get(location)
    if (entry === undefined) return
    const published = this.#pnpm.packages.get(packageKey(snapshot)) ?? {}
    const peers = texts(published.peerDependencies)
    const optionalPeers = fieldsOf(published.peerDependenciesMeta)
    const edges = new Map<string, string>()
    const groups = { dependencies: {}, optionalDependencies: {}, peerDependencies: {} } as Record<
      'dependencies' | 'optionalDependencies' | 'peerDependencies',
      Record<string, string>
    >
    for (const group of ['dependencies', 'optionalDependencies'] as const) {
      for (const [name, version] of Object.entries(texts(fields[group]))) {
        const target = this.#target('', name, version)
        const found = target === undefined ? undefined : this.#entries.get(target)
        if (target === undefined || found === undefined) {
          if (group === 'dependencies') this.#gap(location, `${name}@${version}`)
          continue
        }
        const isPeer = peers[name] !== undefined
        if (isPeer && optionalPeers[name] !== undefined && (TYPES_ONLY.test(name) || isForSomePlatforms(found)))
          continue
        edges.set(name, target)
        if (isPeer) groups.peerDependencies[name] = this.#peerSpec(name, peers[name] ?? '*', target, found)
        else groups[group][name] = exactSpec(name, found, this.#byUrl.has(target))
      }
    }
    this.#edges.set(location, edges)
    const filled = Object.entries(groups).filter(([, specs]) => Object.keys(specs).length > 0)
    this.#entries.set(location, { ...entry, ...Object.fromEntries(filled) })
  }

  #imports(folder: string, { dependencies }: PnpmImporter): void {
    const edges = new Map<string, string>()
    const groups: Record<string, Record<string, string>> = {}
    for (const [name, { specifier, version, group }] of dependencies) {
      const target = this.#target(folder, name, version)
      const found = target === undefined ? undefined : this.#entries.get(target)
      if (target === undefined || found === undefined) {
        if (group !== 'optionalDependencies') this.#gap(folder, `${name}@${version}`)
        continue
      }
      edges.set(name, target)
      groups[group] ??= {}
      groups[group][name] =
        found.link === true
          ? `file:${posix.relative(folder, found.resolved ?? '') || '.'}`
          : this.#directSpec(name, this.#uncataloged(name, specifier), target, found)
    }
    this.#edges.set(folder, edges)
    this.#entries.set(folder, { ...this.#entries.get(folder), ...groups })
  }

  #peerSpec(name: string, range: string, target: string, found: LockEntry): string {
    if (found.link === true) return '*'
    return satisfies(found, range) ? range : exactSpec(name, found, this.#byUrl.has(target))
  }

  /** As the project wrote it, where npm reads it the same way and the locked version fits. */
  #directSpec(name: string, specifier: string, target: string, found: LockEntry): string {
    const range = /^npm:(?:@[^/@]+\/)?[^@]+@(.+)$/.exec(specifier)?.[1] ?? specifier
    return satisfies(found, range) ? specifier : exactSpec(name, found, this.#byUrl.has(target))
  }

  #uncataloged(name: string, specifier: string): string {
    if (!specifier.startsWith('catalog:')) return specifier
    return this.#pnpm.catalogs.get(specifier.slice('catalog:'.length) || 'default')?.get(name) ?? specifier
  }

  #gap(location: string, what: string): void {
    this.gaps.set(location, [...(this.gaps.get(location) ?? []), what])
  }

  /**
   * As Node finds it where pnpm installs: among its own dependencies, a workspace package also among those of the
   * workspace root. Packages also see what pnpm hoists for them; where several versions are, which one is not locked.
   */
  #find(location: string, name: string): string | undefined {
    const own = this.#edges.get(location)?.get(name) ?? this.#edges.get('')?.get(name)
    if (own !== undefined || !location.includes('node_modules/')) return own
    const all = this.#byName.get(name) ?? []
    return all.length === 1 ? all[0] : undefined
  }
}

/** Where a snapshot lies, readable instead of in pnpm's escapes. */
function locationOf(snapshot: string): string {
  return `node_modules/.pnpm/${snapshot}/node_modules/${splitKey(snapshot).name}`
}

function isForSomePlatforms(entry: LockEntry): boolean {
  return entry.os !== undefined || entry.cpu !== undefined || entry.libc !== undefined
}

function satisfies({ version = '' }: LockEntry, range: string): boolean {
  return semver.validRange(range) !== null && semver.satisfies(version, range, { loose: true })
}
