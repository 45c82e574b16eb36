import { allowedPackages } from '../../allow-scripts.js'
import type { LockEntry } from '../lock-file.js'
import { splitLocation } from '../lock-graph.js'
import type { PnpmGraph } from './entries.js'
import { installedPrograms } from './programs.js'

/**
 * Adds to the entries of a bento what pnpm's lock does not hold: programs, read where they are installed, and who has
 * install scripts, which those that the project lets run have.
 *
 * @param lockRoot where pnpm installed
 */
export async function completed(
  lockRoot: string,
  graph: Pick<PnpmGraph, 'hasPrograms'>,
  packageJson: Record<string, unknown>,
  entries: ReadonlyMap<string, LockEntry>,
): Promise<{ entries: Map<string, LockEntry>; warnings: string[] }> {
  const allowed = new Set(
    allowedPackages({ packageJson, packages: Object.fromEntries(entries) }).map(({ path }) => path),
  )
  const keys = new Map<string, string>()
  for (const [home, entry] of entries) {
    const key = `${entry.name ?? splitLocation(home).name}@${entry.version}`
    // Packages for other platforms are never installed, and what a bento holds must not depend on where it is built.
    const isForAll = entry.os === undefined && entry.cpu === undefined && entry.libc === undefined
    if (entry.link !== true && isForAll && graph.hasPrograms(key)) keys.set(home, key)
  }
  const wanted = [...new Set(keys.values())]
  const programs = await installedPrograms(lockRoot, wanted)
  const unread = wanted.filter(key => !programs.has(key))
  return {
    entries: new Map(
      [...entries].map(([home, entry]) => {
        const bin = programs.get(keys.get(home) ?? '')
        const scripts = allowed.has(home) ? { hasInstallScript: true } : {}
        return [home, { ...entry, ...(bin === undefined ? {} : { bin }), ...scripts }]
      }),
    ),
    warnings:
      unread.length > 0 && allowed.size > 0
        ? [
            `The programs of ${unread.join(', ')} are not known, since they are not installed; install scripts may miss them. Run "pnpm install" before the build.`,
          ]
        : [],
  }
}
