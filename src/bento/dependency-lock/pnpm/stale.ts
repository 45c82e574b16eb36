import type { Manifest } from '../project.js'
import { fieldsOf, type PnpmLock, texts } from './lock.js'
import { matches } from './reference.js'
import type { PnpmSettings } from './settings.js'

/**
 * What of the project changed since pnpm wrote its lock, as sentences: a specifier in a package.json, a catalog's, an
 * override, a patch.
 *
 * @param manifests package.json files of the project's own packages, by importer
 * @param hashes SHA-256 of each patch that is there, by its path
 */
export function staleness(
  lock: PnpmLock,
  settings: PnpmSettings,
  manifests: ReadonlyMap<string, Manifest>,
  hashes: ReadonlyMap<string, string | undefined>,
): string[] {
  return [
    ...(lock.hasHooks ? [] : [...manifests].flatMap(([folder, manifest]) => staleSpecifiers(lock, folder, manifest))),
    ...staleCatalogs(lock, settings),
    ...staleOverrides(lock, settings),
    ...stalePatches(lock, settings, hashes),
  ]
}

function staleSpecifiers(lock: PnpmLock, folder: string, manifest: Manifest): string[] {
  const who = typeof manifest.name === 'string' ? manifest.name : folder || 'package.json'
  const locked = lock.importers.get(folder)?.dependencies ?? new Map<string, { specifier: string }>()
  const written: Record<string, string> = {
    ...(lock.autoInstallPeers ? requiredPeers(manifest) : {}),
    ...texts(manifest.devDependencies),
    ...texts(manifest.dependencies),
    ...texts(manifest.optionalDependencies),
  }
  const meta = fieldsOf(manifest.dependenciesMeta)
  const problems = Object.entries(written).flatMap(([name, spec]) => {
    const has = locked.get(name)?.specifier
    if (has === undefined)
      return isLeftOut(lock, name, spec) ? [] : [`${who} wants ${name}@${visible(spec)}, the lock has none`]
    if (has === spec || has === overridden(lock, name) || fieldsOf(meta[name]).injected === true) return []
    return [`${who} wants ${name}@${visible(spec)}, the lock was made for ${visible(has)}`]
  })
  const superfluous = [...locked.keys()].filter(name => written[name] === undefined && !isPeer(manifest, name))
  return [...problems, ...superfluous.map(name => `${who} no longer wants ${name}, the lock has it`)]
}

function requiredPeers(manifest: Manifest): Record<string, string> {
  const meta = fieldsOf(manifest.peerDependenciesMeta)
  const peers = Object.entries(texts(manifest.peerDependencies))
  return Object.fromEntries(peers.filter(([name]) => fieldsOf(meta[name]).optional !== true))
}

function isPeer(manifest: Manifest, name: string): boolean {
  return texts(manifest.peerDependencies)[name] !== undefined
}

/** What an override made of a direct dependency. */
function overridden(lock: PnpmLock, name: string): string | undefined {
  const rule = Object.entries(lock.overrides).find(([selector]) => selectorName(selector) === name)
  return rule?.[1]
}

/** What pnpm locks nothing for: removed by an override, ignored, linked (`excludeLinksFromLockfile`). */
function isLeftOut(lock: PnpmLock, name: string, spec: string): boolean {
  return (
    overridden(lock, name) === '-' || spec.startsWith('link:') || lock.ignoredOptional.some(item => matches(item, name))
  )
}

/** The package that an override is for: the last in `parent>child@range`. */
function selectorName(selector: string): string {
  const last = selector.split(/>(?![= ])/).at(-1) ?? selector
  const at = last.indexOf('@', 1)
  return at === -1 ? last : last.slice(0, at)
}

function staleCatalogs(lock: PnpmLock, settings: PnpmSettings): string[] {
  return [...lock.catalogs].flatMap(([catalog, entries]) =>
    [...entries].flatMap(([name, specifier]) => {
      const now = settings.catalogs.get(catalog)?.get(name)
      if (now === specifier) return []
      const wants = now === undefined ? `no longer has ${name}` : `wants ${name}@${now}`
      return [`the catalog ${catalog} ${wants}, the lock was made for ${specifier}`]
    }),
  )
}

function staleOverrides(lock: PnpmLock, settings: PnpmSettings): string[] {
  const selectors = new Set([...Object.keys(lock.overrides), ...Object.keys(settings.overrides)])
  return [...selectors].flatMap(selector => {
    const [has, wants] = [lock.overrides[selector], settings.overrides[selector]]
    if (has !== undefined && wants !== undefined && (has === wants || !isPlain(wants))) return []
    if (has === undefined) return [`the override of ${selector} is new, the lock was made without`]
    if (wants === undefined) return [`the override of ${selector} is gone, the lock was made with it`]
    return [`the override of ${selector} is ${visible(wants)}, the lock was made for ${visible(has)}`]
  })
}

/** Others are written out in the lock: `$name`, `catalog:`, `link:`. */
function isPlain(spec: string): boolean {
  return !/^(?:\$|[a-z]+:)/.test(spec)
}

function stalePatches(
  lock: PnpmLock,
  settings: PnpmSettings,
  hashes: ReadonlyMap<string, string | undefined>,
): string[] {
  const added = Object.keys(settings.patchedDependencies).filter(key => !lock.patches.has(key))
  const changed = [...lock.patches].flatMap(([key, { hash, path }]) => {
    const from = settings.patchedDependencies[key] ?? path
    if (from === undefined) return [`the patch of ${key} is gone, the lock was made with it`]
    const now = hashes.get(from)
    if (now === undefined) return [`the patch of ${key}, ${from}, does not exist`]
    // pnpm 9 hashed otherwise.
    return hash?.length === now.length && hash !== now ? [`the patch of ${key} was changed`] : []
  })
  return [...added.map(key => `the patch of ${key} is new, the lock was made without`), ...changed]
}

/** URLs may carry credentials. */
function visible(spec: string): string {
  return /:\/\//.test(spec) ? 'a URL' : spec
}
