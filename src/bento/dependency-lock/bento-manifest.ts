import { isAbsolute, posix } from 'node:path'
import npa from 'npm-package-arg'
import { BentoError } from '../../core/errors.js'
import { baseManifest } from './base-manifest.js'
import { isObject, type LockEntry } from './lock-file.js'
import { followLink, isLocal } from './lock-graph.js'
import { carryOverrides, type Overrides, underOverrides } from './overrides.js'
import { LOCAL_FOLDER, localHome } from './place.js'
import { listed, type Project } from './project.js'
import type { Seed } from './seeds.js'

/** The bento's package.json, and what had to be said about it. */
export interface BentoManifest {
  packageJson: Record<string, unknown>
  /** `file:` tarballs to copy: location in the lock's root, to location in `src/`. */
  files: Map<string, string>
  warnings: string[]
}

/**
 * Writes the package.json that `npm ci` in the bento reads: what run time needs as plain dependencies, with the specs as
 * the project wrote them wherever the lock agrees.
 *
 * @param roots direct dependencies, name to location in the project's lock
 * @param seeds those of them that the bundle imports
 */
export function bentoManifest(
  project: Project,
  identity: { name: string; version: string },
  roots: ReadonlyMap<string, string>,
  seeds: ReadonlyMap<string, Seed>,
  keptNames: ReadonlySet<string>,
): BentoManifest {
  const warnings: string[] = []
  const files = new Map<string, string>()
  const serviceName = project.location === '' ? undefined : project.manifest.name
  const overrides = carryOverrides(project.rootManifest, typeof serviceName === 'string' ? serviceName : undefined)
  const dependencies: Record<string, string> = {}
  const optionalDependencies: Record<string, string> = {}
  for (const [name, location] of [...roots].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const entry = project.lock.packages.get(location) ?? {}
    const written = writtenSpec(project, name, seeds.get(name), location)
    if (written === undefined && entry.link !== true) {
      warnings.push(
        `${name} is imported but not listed in package.json; the bento takes version ${entry.version} from the lock. List it to be sure of it.`,
      )
    }
    const spec = bentoSpec(project, name, location, entry, written, files)
    const final = entry.link === true ? spec : underOverrides(overrides, name, spec)
    // A package for some platforms only would make the whole install fail on the others.
    const group = listed(project.manifest, name)?.group === 'optionalDependencies' && isForSomePlatforms(entry)
    if (group) optionalDependencies[name] = final
    else dependencies[name] = final
  }

  const packageJson = baseManifest(identity, project.manifest)
  if (Object.keys(dependencies).length > 0) packageJson.dependencies = dependencies
  if (Object.keys(optionalDependencies).length > 0) packageJson.optionalDependencies = optionalDependencies
  if (overrides !== undefined && roots.size > 0) packageJson.overrides = repointed(project, overrides, keptNames, files)
  if (roots.size > 0) carryPolicies(project, packageJson, keptNames)
  return { packageJson, files, warnings }
}

/** The spec of a direct dependency as some package.json of the project has it, undefined where it is only transitive. */
function writtenSpec(project: Project, name: string, seed: Seed | undefined, location: string): string | undefined {
  const { packages } = project.lock
  const seen = (from: string) => project.lock.find(from, name) === location
  const own = seen(project.location) ? listed(project.manifest, name)?.spec : undefined
  if (own !== undefined) return own
  const owner = seed === undefined ? undefined : packages.get(seed.owner)
  if (seed !== undefined && owner !== undefined && isLocal(seed.owner)) {
    const spec = listed(owner, name)?.spec
    if (spec !== undefined) return spec
  }
  // Hoisted for everyone by the workspace root.
  return seen('') ? listed(project.rootManifest, name)?.spec : undefined
}

function bentoSpec(
  project: Project,
  name: string,
  location: string,
  entry: LockEntry,
  written: string | undefined,
  files: Map<string, string>,
): string {
  if (entry.link === true) return `file:./${localHome(project.lock, followLink(project.lock.packages, location))}`
  if (entry.resolved?.startsWith('file:')) return localTarball(project, entry.resolved, files)
  const exact = entry.resolved?.startsWith('git') ? entry.resolved : aliased(name, entry)
  if (written === undefined) return exact
  const parsed = npa(`${name}@${written}`)
  // A tag moves, and npm can't check it against an entry without "resolved".
  const type = parsed.type === 'alias' ? (parsed as npa.AliasResult).subSpec.type : parsed.type
  return type === 'tag' ? exact : written
}

function aliased(name: string, entry: LockEntry): string {
  const version = entry.version ?? '*'
  if (entry.resolved !== undefined && !isRegistryUrl(entry)) return entry.resolved
  return entry.name === undefined || entry.name === name ? version : `npm:${entry.name}@${version}`
}

/** npm's registries serve tarballs as `<name>/-/<file>-<version>.tgz`; other URLs were a dependency's own. */
function isRegistryUrl(entry: LockEntry): boolean {
  return (
    entry.resolved === undefined ||
    !/^https?:/.test(entry.resolved) ||
    /\/-\/[^/]+-\d|\/download\//.test(entry.resolved)
  )
}

/** Where a tarball of the project's own lies in the bento, as a spec; noted in `files` to be copied. */
export function localTarball(project: Project, resolved: string, files: Map<string, string>): string {
  const source = resolved.slice('file:'.length)
  if (isAbsolute(source) || !/\.(?:tgz|tar\.gz|tar)$/.test(source)) {
    const what = isAbsolute(source)
      ? 'a tarball by an absolute path'
      : 'a folder that npm was told to copy (install-links)'
    throw new BentoError('LOCK_UNSUPPORTED', `${project.lock.path} points at ${what}.`, {
      hint: 'Depend on a folder or tarball by a relative path ("file:vendor/x.tgz"), without install-links.',
    })
  }
  const home = `${LOCAL_FOLDER}/${posix.normalize(source).replaceAll('../', 'up/')}`
  files.set(source, home)
  return `file:${home}`
}

function isForSomePlatforms(entry: LockEntry): boolean {
  return entry.os !== undefined || entry.cpu !== undefined || entry.libc !== undefined
}

/** Overrides with the `file:` specs of kept packages re-pointed, those of others left out: they point outside. */
function repointed(
  project: Project,
  overrides: Overrides,
  kept: ReadonlySet<string>,
  files: Map<string, string>,
): Overrides {
  return Object.fromEntries(
    Object.entries(overrides).flatMap(([key, value]): [string, string | Overrides][] => {
      if (typeof value === 'object') return [[key, repointed(project, value, kept, files)]]
      const name = npa(key).name ?? key
      if (/^https?:|^git/.test(value) && !kept.has(name)) return []
      if (!value.startsWith('file:')) return [[key, value]]
      return kept.has(name) && /\.t(?:ar\.)?gz$/.test(value) ? [[key, localTarball(project, value, files)]] : []
    }),
  )
}

/** What npm reads from the root package.json besides dependencies: script policy, extensions. Patches are the bento's. */
function carryPolicies(project: Project, to: Record<string, unknown>, kept: ReadonlySet<string>): void {
  const { allowScripts, packageExtensions } = project.rootManifest
  const scripts = keysOfKept(allowScripts, kept)
  if (scripts !== undefined) to.allowScripts = scripts
  if (packageExtensions !== undefined) to.packageExtensions = packageExtensions
}

function keysOfKept(map: unknown, kept: ReadonlySet<string>): Record<string, unknown> | undefined {
  if (!isObject(map)) return undefined
  const entries = Object.entries(map).filter(([key]) => kept.has(nameOf(key)) || /^git/.test(key))
  return entries.length === 0 ? undefined : Object.fromEntries(entries)
}

function nameOf(spec: string): string {
  const at = spec.indexOf('@', 1)
  return at === -1 ? spec : spec.slice(0, at)
}
