import { allowedPackages } from '../allow-scripts.js'
import type { LockEntry } from './lock-file.js'
import { splitLocation } from './lock-graph.js'

/** Packages with install scripts that will not run, because `allowScripts` does not name them: `name@version`. */
export function blockedScripts(
  packageJson: Record<string, unknown>,
  entries: ReadonlyMap<string, LockEntry>,
): string[] {
  const packages = Object.fromEntries(entries)
  const allowed = new Set(allowedPackages({ packageJson, packages }).map(({ path }) => path))
  const blocked = [...entries].filter(([location, entry]) => entry.hasInstallScript === true && !allowed.has(location))
  const labels = blocked.map(([location, entry]) => `${entry.name ?? splitLocation(location).name}@${entry.version}`)
  return [...new Set(labels)].sort()
}
