import { realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { BentoError } from '../../../core/errors.js'
import { type FoundLock, readIfThere, toLocation } from '../find-lock.js'
import type { LockFile } from '../lock-file.js'
import { entryLabel, isLocal } from '../lock-graph.js'
import { keyedPatches, type PatchSource } from '../patches.js'
import { type Manifest, type Project, readManifest } from '../project.js'
import { PnpmEntries, type PnpmGraph } from './entries.js'
import { type PnpmLock, parsePnpmLock, patchHash, texts } from './lock.js'
import { matches, splitKey } from './reference.js'
import { type PnpmSettings, pnpmSettings } from './settings.js'
import { staleness } from './stale.js'

/** A project of pnpm's in npm's terms. */
export interface PnpmProject {
  project: Project
  graph: PnpmGraph
  patches: PatchSource[]
  warnings: string[]
}

/**
 * Joins a pnpm lock with the package.json files, settings and patches it was made from.
 *
 * @throws `LOCK_MISSING` where the lock does not cover the project, `LOCK_STALE` naming all that changed since,
 * `LOCK_INVALID`, `LOCK_UNSUPPORTED`
 */
export async function openPnpmProject(projectRoot: string, found: FoundLock): Promise<PnpmProject> {
  const pnpm = parsePnpmLock(found.text, found.path)
  const lockRoot = await realpath(found.root)
  const location = toLocation(lockRoot, await realpath(projectRoot))
  if (!pnpm.importers.has(location)) throw notCovered(projectRoot, found)
  const manifests = await readManifests(lockRoot, [...pnpm.importers.keys()])
  const rootManifest = await readManifest(lockRoot)
  const settings = pnpmSettings(found.settings, join(found.root, 'pnpm-workspace.yaml'), rootManifest)
  const patches = patchesOf(pnpm, settings)
  const problems = staleness(pnpm, settings, manifests, await hashes(lockRoot, [...patches.values()]))
  if (problems.length > 0) throw stale(found, problems)
  const graph = new PnpmEntries(pnpm, found.path, manifests)
  // Folders outside the workspace are known by the lock alone so far.
  const others = [...graph.lock.packages.keys()].filter(folder => isLocal(folder) && !pnpm.importers.has(folder))
  for (const [folder, manifest] of await readManifests(lockRoot, others)) graph.describe(folder, manifest)
  const rewritten = (folder: string, manifest: Manifest) => inNpmsTerms(manifest, folder, graph.lock)
  const root = rewritten('', rootManifest)
  const project: Project = {
    lock: graph.lock,
    lockRoot,
    lockRoots: [...new Set([lockRoot, found.root])],
    rootManifest: { ...root, allowScripts: writtenOut(settings.allowScripts, [...pnpm.snapshots.keys()]) },
    location,
    manifest: location === '' ? root : rewritten(location, manifests.get(location) ?? {}),
    manifestOf: async folder =>
      rewritten(folder, manifests.get(folder) ?? (await readManifest(join(lockRoot, folder)))),
  }
  const warnings = settings.allowsAllScripts
    ? [
        'dangerouslyAllowAllBuilds does not reach the bento: name the packages whose install scripts it needs in allowBuilds.',
      ]
    : []
  return { project, graph, patches: keyedPatches(Object.fromEntries(patches)), warnings }
}

/**
 * Checks what of the lock goes into the bento.
 *
 * @throws `LOCK_INCOMPLETE` for dependencies that the lock does not hold, `LOCK_UNSUPPORTED` for what npm can't install
 */
export async function checkKeptOfPnpm({ project, graph }: PnpmProject, kept: ReadonlySet<string>): Promise<void> {
  const { lock } = project
  const label = (location: string) => entryLabel(lock, location)
  const gaps = [...kept].flatMap(location =>
    (graph.gaps.get(location) ?? []).map(gap => `${label(location)} wants ${gap}`),
  )
  for (const location of kept) {
    if (!isLocal(location) || graph.holds(location)) continue
    // The target of a `link:` outside the workspace: pnpm leaves what it depends on to itself.
    const names = Object.keys(texts((await readManifest(join(project.lockRoot, location))).dependencies))
    if (names.length > 0) gaps.push(`${label(location)}, which is linked, wants ${names.join(', ')}`)
  }
  if (gaps.length > 0) {
    throw new BentoError('LOCK_INCOMPLETE', `${lock.path} has gaps: ${gaps.join('; ')}.`, {
      hint: 'Run "pnpm install" and commit the lock it writes; a linked folder must be a package of the workspace, or "file:".',
      details: { problems: gaps },
    })
  }
  const unusable = [...kept].flatMap(location => {
    const why = graph.unusable.get(location)
    return why === undefined ? [] : [`${label(location)} is ${why}`]
  })
  if (unusable.length === 0) return
  throw new BentoError('LOCK_UNSUPPORTED', `${lock.path} holds what a bento cannot carry: ${unusable.join('; ')}.`, {
    hint: 'Install these from a registry, or as a tarball below the project ("file:vendor/x.tgz").',
    details: { problems: unusable },
  })
}

async function readManifests(lockRoot: string, folders: readonly string[]): Promise<Map<string, Manifest>> {
  const all = await Promise.all(folders.map(folder => readManifest(join(lockRoot, folder))))
  // A member that a partial checkout left out has nothing to compare.
  return new Map(
    folders.flatMap((folder, index) =>
      Object.keys(all[index] ?? {}).length === 0 ? [] : [[folder, all[index] ?? {}]],
    ),
  )
}

function patchesOf(pnpm: PnpmLock, settings: PnpmSettings): Map<string, string> {
  const found = [...pnpm.patches].map(([key, { path }]) => [key, settings.patchedDependencies[key] ?? path] as const)
  return new Map(found.flatMap(([key, path]) => (path === undefined ? [] : [[key, path]])))
}

async function hashes(lockRoot: string, paths: readonly string[]): Promise<Map<string, string | undefined>> {
  const all = await Promise.all(paths.map(path => readIfThere(join(lockRoot, path))))
  return new Map(paths.map((path, index) => [path, all[index] === undefined ? undefined : patchHash(all[index])]))
}

const GROUPS = ['dependencies', 'devDependencies', 'optionalDependencies']
/** Fields of npm's that mean nothing to pnpm. */
const NPMS = ['overrides', 'allowScripts', 'patchedDependencies', 'packageExtensions']

/** A package.json with each dependency as the lock has it, since npm knows no `workspace:` and no `catalog:`. */
function inNpmsTerms(manifest: Manifest, folder: string, lock: LockFile): Manifest {
  const entry = lock.packages.get(folder)
  const kept = Object.entries(manifest).filter(([field]) => ![...GROUPS, ...NPMS, 'peerDependencies'].includes(field))
  const groups = GROUPS.flatMap(group => (entry?.[group] === undefined ? [] : [[group, entry[group]]]))
  const peers = Object.entries(texts(manifest.peerDependencies)).filter(
    ([name]) => lock.find(folder, name) !== undefined,
  )
  // npm would insist on those that pnpm did without.
  const own = peers.length === 0 ? [] : [['peerDependencies', Object.fromEntries(peers)]]
  return Object.fromEntries([...kept, ...groups, ...own])
}

/** npm's `allowScripts` has no patterns: `@acme/*` becomes the names it matches. */
function writtenOut(policy: Record<string, boolean>, snapshots: readonly string[]): Record<string, boolean> {
  const names = [...new Set(snapshots.map(snapshot => splitKey(snapshot).name))].sort()
  return Object.fromEntries(
    Object.entries(policy).flatMap(([key, value]) => {
      if (!key.includes('*')) return [[key, value]]
      return names.filter(name => matches(key, name)).map(name => [name, value])
    }),
  )
}

function notCovered(projectRoot: string, found: FoundLock): BentoError {
  return new BentoError('LOCK_MISSING', `${projectRoot} has no pnpm-lock.yaml; ${found.path} does not cover it.`, {
    hint: 'Name the folder in "packages" of pnpm-workspace.yaml and run "pnpm install" there.',
    details: { projectRoot, path: found.path },
  })
}

function stale(found: FoundLock, problems: string[]): BentoError {
  return new BentoError('LOCK_STALE', `The project and ${found.path} disagree: ${problems.join('; ')}.`, {
    hint: 'Run "pnpm install" and commit the lock it writes.',
    details: { path: found.path, problems },
  })
}
