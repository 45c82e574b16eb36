import { BentoError } from '../../core/errors.js'
import type { DependencyRequest, LockedDependencies, LockedPatch } from '../types.js'
import { goAlong } from './along.js'
import { withoutPackages } from './base-manifest.js'
import { bentoManifest } from './bento-manifest.js'
import { checkKept, checkPatches, loadSourceTree } from './check-source.js'
import { bentoEntries, hasCredential } from './entries.js'
import type { FoundLock } from './find-lock.js'
import { hoist } from './hoist.js'
import { blockedScripts } from './install-scripts.js'
import { localSources } from './local-packages.js'
import { type LockEntry, parseLock } from './lock-file.js'
import { closure, followLink, isLocal, splitLocation } from './lock-graph.js'
import type { NpmOptions } from './npm-options.js'
import { keyedPatches, type PatchSource, patchesFor } from './patches.js'
import { place } from './place.js'
import { openProject, type Project } from './project.js'
import { findSeeds } from './seeds.js'
import { settleLock } from './settle.js'

/** What can be kept between builds: no absolute path, nothing that must be looked up anew each time. */
export interface Derived extends Omit<LockedDependencies, 'localPackages' | 'files' | 'patches'> {
  /** `from` relative to the lock's folder. */
  localPackages: { from: string; to: string; packageJson: Record<string, unknown> }[]
  files: { from: string; to: string }[]
  patches: LockedPatch[]
  /** Every other file that was read, relative to the lock's folder: a change in one asks for a new derivation. */
  inputs: string[]
}

/** Derives the bento's package.json and lock from the project's. */
export async function derive(
  request: DependencyRequest,
  found: FoundLock,
  npm: NpmOptions,
  patchFiles: readonly PatchSource[],
  debug: (message: string) => void,
): Promise<Derived> {
  const {
    project,
    check,
    complete,
    patches: keyed,
    warnings: opened,
    ...read
  } = await open(request.projectRoot, found, npm)
  const { lock } = project
  const { seeds, warnings: unsure } = findSeeds(project, request.externals, request.include, debug)
  const warnings = [...opened, ...unsure]
  const patchSources = [...keyed, ...patchFiles]
  const inputs = [...new Set([...read.inputs, ...patchSources.map(({ path }) => path)])]
  if (seeds.size === 0) {
    return {
      ...withoutPackages(request, project.manifest, warnings),
      localPackages: [],
      files: [],
      patches: [],
      inputs,
    }
  }
  const roots = goAlong(project, seeds)
  const kept = closure(lock, roots.values())
  await check(kept)
  const layout = lock.manager === 'npm' ? place(lock, roots, kept, project.location) : hoist(lock, roots, kept)
  const patched = await patchesFor(project, layout, patchSources)
  const keptNames = new Set([...layout.keys()].map(home => splitLocation(home).name))
  const manifest = bentoManifest(project, request, roots, seeds, keptNames)
  const locals = await localSources(project, layout)
  const localEntries = new Map(locals.map(({ to, entry }) => [to, entry]))
  const source = bentoEntries(project, layout, localEntries, manifest.files)
  const completed = await complete(manifest.packageJson, source.entries)
  const entries = completed.entries
  const settled = await settleLock(manifest.packageJson, entries, locals, npm, lock.path)
  refuseLeaks(project, settled.packageJson, settled.text)
  return {
    packageJson: settled.packageJson,
    lock: settled.text,
    packageCount: [...settled.entries.values()].filter(entry => entry.link !== true).length,
    direct: Object.fromEntries([...roots].sort().map(([name, location]) => [name, versionOf(project, location)])),
    blockedScripts: blockedScripts(settled.packageJson, settled.entries),
    warnings: [
      ...warnings,
      ...patched.warnings,
      ...manifest.warnings,
      ...source.warnings,
      ...completed.warnings,
      ...settled.warnings,
    ],
    npmrc: settled.npmrc,
    localPackages: locals.map(({ location, to, packageJson }) => ({ from: location, to, packageJson })),
    files: [...manifest.files].map(([from, to]) => ({ from, to })),
    patches: patched.patches,
    inputs,
  }
}

/** A project ready to be looked up in, whatever package manager locked it. */
interface Opened {
  project: Project
  /** Checks what of the lock goes into the bento. */
  check: (kept: ReadonlySet<string>) => void | Promise<void>
  /** Adds to the bento's entries what the lock does not say of them, but npm wants to know. */
  complete: (
    packageJson: Record<string, unknown>,
    entries: ReadonlyMap<string, LockEntry>,
  ) => Promise<{ entries: ReadonlyMap<string, LockEntry>; warnings: string[] }>
  /** Patches of the package manager's own. */
  patches: PatchSource[]
  warnings: string[]
  inputs: string[]
}

async function open(projectRoot: string, found: FoundLock, npm: NpmOptions): Promise<Opened> {
  if (found.manager === 'pnpm') {
    const [{ openPnpmProject, checkKeptOfPnpm }, { completed }] = await Promise.all([
      import('./pnpm/open.js'),
      import('./pnpm/complete.js'),
    ])
    const opened = await openPnpmProject(projectRoot, found)
    const { project, warnings, patches } = opened
    return {
      project,
      check: kept => checkKeptOfPnpm(opened, kept),
      complete: (packageJson, entries) => completed(project.lockRoot, opened.graph, packageJson, entries),
      patches,
      warnings,
      // What is installed tells programs.
      inputs: [...manifestsOf(project), 'node_modules/.pnpm/lock.yaml'],
    }
  }
  const project = await openProject(projectRoot, found, parseLock(found.text, found.path))
  const tree = await loadSourceTree(project, npm)
  const patches = keyedPatches(project.rootManifest.patchedDependencies)
  const check = async (kept: ReadonlySet<string>) => {
    checkKept(project, tree, kept)
    await checkPatches(project, kept)
  }
  const complete = async (_: unknown, entries: ReadonlyMap<string, LockEntry>) => ({ entries, warnings: [] })
  return { project, check, complete, patches, warnings: [], inputs: manifestsOf(project) }
}

function manifestsOf({ lock, location }: Project): string[] {
  const folders = new Set(['', location, ...[...lock.packages.keys()].filter(isLocal)])
  return [...folders].map(folder => (folder === '' ? 'package.json' : `${folder}/package.json`))
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
