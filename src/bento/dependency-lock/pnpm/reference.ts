/**
 * How pnpm's lock names packages: `name@version`, with the peers it was resolved with and a patch behind, in parentheses:
 * `react-dom@18.3.1(react@18.3.1)`, `is-number@7.0.0(patch_hash=a459…)`.
 */

/**
 * The snapshot that a dependency means, undefined for a folder (`link:`).
 *
 * @param version as the lock has it: a version, or for an alias the real name and version
 */
export function snapshotOf(name: string, version: string): string | undefined {
  if (version.startsWith('link:')) return undefined
  if (version.startsWith('@')) return version
  const at = version.indexOf('@')
  const limits = [version.indexOf(':'), version.indexOf('(')].filter(index => index !== -1)
  const isAlias = at !== -1 && limits.every(limit => at < limit)
  return isAlias ? version : `${name}@${version}`
}

/** The key in `packages`: without peers and patch. */
export function packageKey(snapshot: string): string {
  const end = snapshot.indexOf('(')
  return end === -1 ? snapshot : snapshot.slice(0, end)
}

/** Splits `@scope/name@1.0.0(peer@2)` into name and version, the version without what follows. */
export function splitKey(snapshot: string): { name: string; version: string } {
  const key = packageKey(snapshot)
  const at = key.indexOf('@', 1)
  return at === -1 ? { name: key, version: '' } : { name: key.slice(0, at), version: key.slice(at + 1) }
}

/** The folder in `node_modules/.pnpm` that pnpm gives a snapshot, where its name is short enough to stay readable. */
export function storeFolder(snapshot: string): string {
  return snapshot
    .replace(/[\\/:*?"<>|#]/g, '+')
    .replace(/\)$/, '')
    .replace(/\)\(|\(|\)/g, '_')
}

/** Whether a name is one, or one of those that a pattern with `*` means. */
export function matches(pattern: string, name: string): boolean {
  const shape = pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')
  return new RegExp(`^${shape}$`).test(name)
}
