import { BentoError } from '../../core/errors.js'
import type { DependencyRequest, LockedDependencies } from '../types.js'
import { goAlong } from './along.js'
import { withoutPackages } from './base-manifest.js'
import { bentoManifest } from './bento-manifest.js'
import { checkKept, loadSourceTree } from './check-source.js'
import { bentoEntries, hasCredential } from './entries.js'
import type { FoundLock } from './find-lock.js'
import { blockedScripts } from './install-scripts.js'
import { localSources } from './local-packages.js'
import { parseLock } from './lock-file.js'
import { closure, followLink, isLocal, splitLocation } from './lock-graph.js'
import type { NpmOptions } from './npm-options.js'
import { place } from './place.js'
import { openProject, type Project } from './project.js'
import { findSeeds } from './seeds.js'
import { settleLock } from './settle.js'

/** What can be kept between builds: no absolute path, nothing that must be looked up anew each time. */
export interface Derived extends Omit<LockedDependencies, 'localPackages' | 'files'> {
  /** `from` relative to the lock's folder. */
  localPackages: { from: string; to: string; packageJson: Record<string, unknown> }[]
  files: { from: string; to: string }[]
  /** Every package.json that was read, relative to the lock's folder: a change in one asks for a new derivation. */
  manifests: string[]
}

/** Derives the bento's package.json and lock from the project's. */
export async function derive(
  request: DependencyRequest,
  found: FoundLock,
  npm: NpmOptions,
  debug: (message: string) => void,
): Promise<Derived> {
  const lock = parseLock(found.text, found.path)
  const project = await openProject(request.projectRoot, found, lock)
  const tree = await loadSourceTree(project, npm)
  const { seeds, warnings } = findSeeds(project, request.externals, request.include, debug)
  const manifests = [...new Set(['', project.location, ...[...lock.packages.keys()].filter(isLocal)])]
  if (seeds.size === 0) {
    return { ...withoutPackages(request, project.manifest, warnings), localPackages: [], files: [], manifests }
  }
  const roots = goAlong(project, seeds)
  const kept = closure(lock, roots.values())
  checkKept(project, tree, kept)
  const layout = place(lock, roots, kept, project.location)
  const keptNames = new Set([...layout.keys()].map(home => splitLocation(home).name))
  const manifest = bentoManifest(project, request, roots, seeds, keptNames)
  const locals = await localSources(project, layout)
  const localEntries = new Map(locals.map(({ to, entry }) => [to, entry]))
  const source = bentoEntries(project, layout, localEntries, manifest.files)
  const settled = await settleLock(manifest.packageJson, source.entries, locals, npm, lock.path)
  refuseLeaks(project, settled.packageJson, settled.text)
  return {
    packageJson: settled.packageJson,
    lock: settled.text,
    packageCount: [...settled.entries.values()].filter(entry => entry.link !== true).length,
    direct: Object.fromEntries([...roots].sort().map(([name, location]) => [name, versionOf(project, location)])),
    blockedScripts: blockedScripts(settled.packageJson, settled.entries),
    warnings: [...warnings, ...manifest.warnings, ...source.warnings, ...settled.warnings],
    npmrc: settled.npmrc,
    localPackages: locals.map(({ location, to, packageJson }) => ({ from: location, to, packageJson })),
    files: [...manifest.files].map(([from, to]) => ({ from, to })),
    manifests,
  }
}

function versionOf({ lock }: Project, location: string): string {
  return lock.packages.get(followLink(lock.packages, location))?.version ?? ''
}

/** The last look at what leaves the project: no credential, no path of this machine. */
function refuseLeaks(project: Project, packageJson: Record<string, unknown>, lock: string): void {
  const text = JSON.stringify(packageJson) + lock
  const what = hasCredential(text)
    ? 'a user or password in an address'
    : text.includes(JSON.stringify(project.lockRoot).slice(1, -1)) || text.includes('file:///')
      ? 'an absolute path'
      : undefined
  if (what === undefined) return
  throw new BentoError(
    'LOCK_UNSUPPORTED',
    `package.json or ${project.lock.path} holds ${what}; a bento would publish it.`,
    {
      hint: 'Look through the specs and overrides; keep credentials in .npmrc or the environment, and paths relative.',
    },
  )
}
