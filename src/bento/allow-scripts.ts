import valid from 'semver/functions/valid.js'
import { type LockEntries, type LockEntry, packageName } from './lock-file.js'

/** A locked package whose install scripts may run. */
export interface AllowedPackage {
  /** Its folder, `node_modules/esbuild`. */
  path: string
  /** Its real name, which an alias hides. */
  name: string
  version: string | undefined
  /** Whether the install succeeds without it. */
  optional: boolean
  /** Whether it comes from a registry, so that a name can stand for it. */
  registry: boolean
  /** The keys of `allowScripts` that allow it. */
  keys: string[]
}

/**
 * The packages whose install scripts the bento allows: npm's own `allowScripts` in package.json (npm 11.10 and later,
 * npm/rfcs#868), read the same on every npm. Keys are a name, `name@*`, exact versions (`name@1.2.3`,
 * `name@1.2.3 || 1.3.0`), or exactly what the lock has as `resolved`; values `true` or `false`. Ranges and dist-tags
 * allow nothing, `false` wins, bundled packages never run scripts.
 *
 * npm itself refuses `name@1.2.3` where a lock leaves `resolved` out (`omit-lockfile-registry-resolved`). Here the
 * lock's version counts, whose integrity npm checks.
 */
export function allowedPackages(project: {
  packageJson: Record<string, unknown>
  packages: LockEntries
}): AllowedPackage[] {
  const policy = Object.entries((project.packageJson.allowScripts as object | undefined) ?? {})
  const allowed: AllowedPackage[] = []
  for (const [path, entry] of Object.entries(project.packages)) {
    if (path === '' || entry.link === true || entry.inBundle === true || entry.dev === true) continue
    const matching = policy.filter(([key]) => matches(key, path, entry))
    if (matching.some(([, value]) => value === false)) continue
    const keys = matching.filter(([, value]) => value === true).map(([key]) => key)
    if (keys.length === 0) continue
    const { name, version } = identity(path, entry)
    allowed.push({ path, name, version, optional: entry.optional === true, registry: isRegistry(path, entry), keys })
  }
  return allowed
}

function matches(key: string, path: string, entry: LockEntry): boolean {
  if (key === entry.resolved || key === `file:${path}`) return true
  if (!isRegistry(path, entry)) return false
  const { name, version } = identity(path, entry)
  const [, keyName, spec] = /^((?:@[^@/]+\/)?[^@/]+)(?:@(.*))?$/.exec(key.trim()) ?? []
  if (keyName !== name) return false
  if (spec === undefined || spec === '' || spec === '*') return true
  const versions = spec.split('||').map(part => valid(part.trim(), { loose: true }))
  return versions.every(part => part !== null) && versions.includes(version ?? '')
}

/** From the tarball's URL where there is one: an entry's own name and version must not borrow another's permission. */
function identity(path: string, entry: LockEntry): { name: string; version: string | undefined } {
  const url = (entry.resolved ?? '').replaceAll(/%2f/gi, '/')
  const [, scope = '', base, version] =
    /^https?:\/\/.*?(@[^/]+\/)?([^/]+)\/-\/\2-([^/]+)\.tgz(?:[?#]|$)/.exec(url) ?? []
  if (base !== undefined) return { name: scope + base, version }
  return { name: packageName(path, entry), version: entry.version }
}

function isRegistry(path: string, entry: LockEntry): boolean {
  if (!path.includes('node_modules/')) return false
  return entry.resolved === undefined || /^https?:\/\/[^/]+\/.+\/-\/[^/]+-\d/.test(entry.resolved)
}
