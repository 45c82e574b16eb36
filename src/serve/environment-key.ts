import { createHash } from 'node:crypto'
import type { NpmProject } from './locked-packages.js'

/** Counts up whenever environments are made in another way, so that old ones are not used. */
const FORMAT = 1

/** What npm reads of a package.json. */
const INSTALL_KEYS = [
  'dependencies',
  'optionalDependencies',
  'peerDependencies',
  'peerDependenciesMeta',
  'bundleDependencies',
  'bundledDependencies',
  'overrides',
  'packageExtensions',
  'workspaces',
  'allowScripts',
]

/** Where packages are installed for. */
export interface Platform {
  platform: string
  arch: string
  /** `glibc` or `musl` on Linux. */
  libc: string | undefined
  /** Node's version of its binary interface, `process.versions.modules`. */
  abi: string
}

/** This machine and Node. */
export function currentPlatform(): Platform {
  return { platform: process.platform, arch: process.arch, libc: libc(), abi: process.versions.modules }
}

function libc(): string | undefined {
  if (process.platform !== 'linux') return undefined
  const report = process.report as typeof process.report & { excludeNetwork?: boolean }
  const before = report.excludeNetwork
  // Looking up the names of open connections can take seconds.
  report.excludeNetwork = true
  const { header } = report.getReport() as unknown as { header: { glibcVersionRuntime?: string } }
  if (before !== undefined) report.excludeNetwork = before
  return header.glibcVersionRuntime === undefined ? 'musl' : 'glibc'
}

/**
 * Names the environment that a bento's packages are installed into: `node-` and 32 hex digits of a SHA-256 over all that
 * decides what an install makes. The bento's own name and version are left out, so that bentos with equal locks share one.
 *
 * @param local digests of the local files the lock points at, by path
 * @param variables what the install sees of the bento's variables
 */
export function environmentName(
  project: NpmProject,
  platform: Platform,
  local: Record<string, string>,
  variables: readonly [string, string][],
): string {
  const { name: _name, version: _version, packages: _packages, ...rest } = project.lock
  const { '': root, ...packages } = project.packages
  const { name: _rootName, version: _rootVersion, ...rootEntry } = (root ?? {}) as Record<string, unknown>
  const wanted = INSTALL_KEYS.map(key => project.packageJson[key] ?? null)
  const parts = [FORMAT, rest, rootEntry, packages, wanted, platform, local, variables]
  return `node-${createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32)}`
}
