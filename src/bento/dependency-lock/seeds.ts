import { isAbsolute, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { BentoError } from '../../core/errors.js'
import type { ExternalImport } from '../types.js'
import { toLocation } from './find-lock.js'
import { isSafeName } from './lock-file.js'
import { closure, entryLabel, followLink, isLocal } from './lock-graph.js'
import { listed, type Project } from './project.js'
import { folderAbove } from './resolve-from.js'

/** A package the bundle imports by name, found in the lock. */
export interface Seed {
  name: string
  /** Its entry in the lock; a link is not followed. */
  location: string
  /** Location of the package that imports it. */
  owner: string
}

export interface Seeds {
  seeds: Map<string, Seed>
  warnings: string[]
}

/** One name that means several versions, and who imports which. */
interface Conflict {
  name: string
  versions: { version: string; location: string | undefined; importers: string[] }[]
}

interface Use {
  external: ExternalImport
  owner: string
  /** The importer lies in node_modules: a package that was bundled in. */
  inlined: boolean
  location: string | undefined
}

/**
 * Finds in the lock what each import means, seen from the package that imports it.
 *
 * An import by an inlined package that the lock lacks is taken for one of those `try { require('x') }` that may fail.
 *
 * @throws `DEPENDENCY_NOT_LOCKED` naming every import of the project's own that the lock lacks, `DEPENDENCY_CONFLICT`
 * where one name means two versions: the bento's modules all lie in one folder, so only one could be found.
 */
export function findSeeds(
  project: Project,
  externals: readonly ExternalImport[],
  include: readonly string[],
  debug: (message: string) => void,
): Seeds {
  const uses = new Map<string, Use[]>()
  for (const external of externals) {
    const importer = ownerOf(project, external.importer)
    const location = find(project, importer.owner, external.packageName)
    const found =
      location === undefined && external.importer === undefined ? anywhere(project, external.packageName) : undefined
    add(uses, { external, ...importer, location, ...found })
  }
  for (const name of include) {
    const external: ExternalImport = { specifier: name, packageName: name, importer: undefined, kind: 'static' }
    const location = find(project, project.location, name)
    const found = location === undefined ? anywhere(project, name) : undefined
    add(uses, { external, owner: project.location, inlined: false, location, ...found })
  }

  const seeds = new Map<string, Seed>()
  const warnings: string[] = []
  const missing: { name: string; importers: string[] }[] = []
  const conflicts: Conflict[] = []
  for (const [name, found] of [...uses].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const lacking = found.filter(use => use.location === undefined)
    const verdict = judgeLacking(project, name, lacking)
    if (verdict === 'error') missing.push({ name, importers: lacking.filter(use => !use.inlined).map(importerName) })
    if (verdict === 'warn')
      warnings.push(`The bundle requires ${name}, which is not in the lock; it is taken for optional.`)
    if (verdict === 'fine')
      debug(`${name} is not in the lock; only ${lacking.map(importerName).join(', ')} may want it`)

    const versions = new Map<string, Use[]>()
    for (const use of found) {
      if (use.location === undefined) continue
      const key = identity(project, use.location)
      versions.set(key, [...(versions.get(key) ?? []), use])
    }
    if (versions.size > 1) {
      const all = [...versions.values()].map(users => ({
        version: entryLabel(project.lock, users[0]?.location ?? ''),
        // pnpm's places say no more than the version.
        location: project.lock.manager === 'npm' ? users[0]?.location : undefined,
        importers: [...new Set(users.map(use => shownImporter(project, use)))].sort(),
      }))
      conflicts.push({ name, versions: all })
    }
    // Where several places hold the same version, the one the service itself sees is the one to describe.
    const best =
      found.find(use => use.location !== undefined && use.owner === project.location) ??
      found.find(use => use.location !== undefined)
    if (best?.location !== undefined) seeds.set(name, { name, location: best.location, owner: best.owner })
  }
  if (missing.length > 0) throw notLocked(project, missing)
  if (conflicts.length > 0) throw conflict(conflicts)
  return { seeds, warnings }
}

/** The package an importer belongs to: the nearest folder above it that the lock knows. */
export function ownerOf(project: Project, importer: string | undefined): { owner: string; inlined: boolean } {
  const service = { owner: project.location, inlined: false }
  const path = importer === undefined ? undefined : filePath(importer)
  if (path === undefined) return service
  const inlined = /[\\/]node_modules[\\/]/.test(path)
  const { packages, installedAt } = project.lock
  if (inlined && installedAt !== undefined) {
    const folder = /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/.exec(path)?.[0] ?? path
    return { owner: installedAt(folder) ?? project.location, inlined }
  }
  for (const root of project.lockRoots) {
    for (let at: string | undefined = folderAbove(toLocation(root, path)); at !== undefined; at = folderAbove(at)) {
      // An installed package that the lock does not know: what it sees can't be told.
      if (at.endsWith('node_modules')) break
      const entry = packages.get(at)
      if (entry !== undefined && !(at === '' && inlined)) {
        return { owner: followLink(packages, at), inlined: inlined && entry.link !== true }
      }
    }
  }
  return { ...service, inlined }
}

/** The file behind a module id: without the bundler's `\0` and query. */
function filePath(id: string): string | undefined {
  const bare = id.replace(/^\0+/, '').replace(/[?#].*$/s, '')
  if (bare.startsWith('file:')) return fileURLToPath(bare)
  const path = bare.replace(/^commonjs-[a-z-]+:/, '')
  return isAbsolute(path) ? path : undefined
}

function find(project: Project, owner: string, name: string): string | undefined {
  if (!isSafeName(name)) return undefined
  return project.lock.find(owner, name)
}

/**
 * What a name means that only the emitted code or the user's options show, where the service's own package does not see
 * it: a bundled package of the workspace may. Undefined where several see different versions.
 */
function anywhere(project: Project, name: string): Pick<Use, 'owner' | 'location'> | undefined {
  const owners = [...project.lock.packages.keys()].filter(location => location === '' || isLocal(location))
  const found = owners.flatMap(owner => {
    const location = find(project, owner, name)
    return location === undefined ? [] : [{ owner, location }]
  })
  return new Set(found.map(({ location }) => location)).size === 1 ? found[0] : undefined
}

function add(uses: Map<string, Use[]>, use: Use): void {
  const list = uses.get(use.external.packageName)
  if (list === undefined) uses.set(use.external.packageName, [use])
  else list.push(use)
}

function judgeLacking(project: Project, name: string, lacking: readonly Use[]): 'none' | 'error' | 'warn' | 'fine' {
  if (lacking.length === 0) return 'none'
  const own = lacking.filter(use => !use.inlined)
  if (own.length === 0) return 'fine'
  if (isOptionalOf(project, name)) return 'fine'
  const kinds = own.map(use => use.external.kind)
  if (kinds.every(kind => kind === 'tried')) return 'warn'
  const named = own.filter(use => use.external.importer !== undefined)
  if (named.length > 0) return 'error'
  // Seen in the emitted code alone. Where an inlined package has the same import in its source, it is that one.
  if (own.length < lacking.length) return 'fine'
  return kinds.every(kind => kind === 'require' || kind === 'tried') ? 'warn' : 'error'
}

/** Whether the project itself says that it can do without: an optional dependency or an optional peer. */
function isOptionalOf(project: Project, name: string): boolean {
  const meta = project.manifest.peerDependenciesMeta as Record<string, { optional?: unknown } | null> | undefined
  return listed(project.manifest, name)?.group === 'optionalDependencies' || meta?.[name]?.optional === true
}

function identity(project: Project, location: string): string {
  const target = followLink(project.lock.packages, location)
  const entry = project.lock.packages.get(target)
  if (target !== location) return target
  if (project.lock.manager === 'pnpm') {
    // pnpm installs one version as often as it meets other peers; they are one where nothing at run time differs.
    const needed = [...closure(project.lock, [location])].map(at => entryLabel(project.lock, at))
    return JSON.stringify([entryLabel(project.lock, location), ...needed.sort()])
  }
  return JSON.stringify([entry?.name, entry?.version, entry?.integrity ?? entry?.resolved])
}

function importerName(use: Use): string {
  return use.external.importer ?? 'the emitted code'
}

function notLocked(project: Project, missing: { name: string; importers: string[] }[]): BentoError {
  const lines = missing.map(({ name, importers }) => `${name} (imported by ${[...new Set(importers)].join(', ')})`)
  const names = missing.map(({ name }) => name).join(' ')
  return new BentoError('DEPENDENCY_NOT_LOCKED', `${project.lock.path} does not hold ${lines.join('; ')}.`, {
    hint: `Run "${project.lock.manager === 'npm' ? 'npm install' : 'pnpm add'} ${names}" in ${resolve(project.lockRoot, project.location)}, or let the bundler resolve it.`,
    details: { packages: missing },
  })
}

/** Relative to the lock's folder, where it lies there. */
function shownImporter(project: Project, use: Use): string {
  const path = use.external.importer === undefined ? undefined : filePath(use.external.importer)
  if (path === undefined) return importerName(use)
  const places = project.lockRoots.map(root => toLocation(root, path))
  return places.find(place => !place.startsWith('../')) ?? path
}

function conflict(conflicts: Conflict[]): BentoError {
  const lines = conflicts.map(({ name, versions }) => {
    const each = versions.map(
      ({ version, location, importers }) =>
        `${version} (${location === undefined ? '' : `${location}, `}imported by ${importers.join(', ')})`,
    )
    return `${name} is ${each.join(' and ')}`
  })
  const names = conflicts.map(({ name }) => `'${name}'`).join(', ')
  return new BentoError(
    'DEPENDENCY_CONFLICT',
    `The bundle imports two versions under one name, and could load only one: ${lines.join('; ')}.`,
    {
      hint: `Bring them to one version ("overrides" in package.json or pnpm-workspace.yaml), or have them bundled, each in its own version: resolve: { noExternal: [${names}] } in Vite's config, out of "external" in Rollup's and Rolldown's.`,
      details: { packages: conflicts },
    },
  )
}
