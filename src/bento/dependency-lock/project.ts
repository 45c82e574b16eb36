import { realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { BentoError } from '../../core/errors.js'
import { type FoundLock, readIfThere, toLocation } from './find-lock.js'
import { isObject, type LockFile, parseObject } from './lock-file.js'

/** A package.json as npm reads it: anything may be in it, so every field is looked at before use. */
export type Manifest = Readonly<Record<string, unknown>>

const GROUPS = ['dependencies', 'optionalDependencies', 'devDependencies', 'peerDependencies'] as const
type Group = (typeof GROUPS)[number]

/** The project whose service is packaged, and the workspace root that holds its lock: often the same. */
export interface Project {
  lock: LockFile
  /** Absolute real path of the lock's folder. */
  lockRoot: string
  /** The same as the bundler may name it: by real path, or through a link. */
  lockRoots: string[]
  /** package.json beside the lock: the one place for overrides, allowScripts, patches. */
  rootManifest: Manifest
  /** Location of the service's package in the lock: `''`, or `packages/app` in a workspace. */
  location: string
  /** package.json of the service's package. */
  manifest: Manifest
  /** package.json of a package of the project's own, by its location. */
  manifestOf(location: string): Promise<Manifest>
}

/**
 * Reads a package.json, `{}` where there is none.
 *
 * @throws `LOCK_STALE` where it does not parse: what the lock should match is unknown.
 */
export async function readManifest(folder: string): Promise<Manifest> {
  const path = join(folder, 'package.json')
  const text = await readIfThere(path)
  return text === undefined ? {} : parseObject(text, path, 'LOCK_STALE')
}

/**
 * Joins the lock with the package.json files it was made from.
 *
 * @throws `LOCK_MISSING` where the lock found belongs to a project around this one.
 */
export async function openProject(projectRoot: string, found: FoundLock, lock: LockFile): Promise<Project> {
  const lockRoot = await realpath(found.root)
  const lockRoots = [...new Set([lockRoot, found.root])]
  const location = toLocation(lockRoot, await realpath(projectRoot))
  const rootManifest = await readManifest(lockRoot)
  const manifestOf = async (at: string) => readManifest(await realpath(join(lockRoot, at)).catch(() => at))
  const common = { lock, lockRoot, lockRoots, rootManifest, manifestOf }
  if (location === '') return { ...common, location, manifest: rootManifest }
  const manifest = await readManifest(projectRoot)
  if (lock.packages.has(location)) return { ...common, location, manifest }
  // A package.json that only says `"type": "module"` makes no project of its own.
  if (manifest.name === undefined && GROUPS.every(group => manifest[group] === undefined)) {
    return { ...common, location: '', manifest: rootManifest }
  }
  throw new BentoError('LOCK_MISSING', `${projectRoot} has no package-lock.json; ${found.path} does not cover it.`, {
    hint: 'Run "npm install" there, or name the folder in "workspaces" of the package.json above and run it there.',
    details: { projectRoot, path: found.path },
  })
}

/** How a package.json lists a dependency: the first group that has it, in the order in which npm lets one win. */
export function listed(manifest: Manifest, name: string): { spec: string; group: Group } | undefined {
  for (const group of GROUPS) {
    const specs = manifest[group]
    if (!isObject(specs) || !Object.hasOwn(specs, name)) continue
    const spec = specs[name]
    if (typeof spec === 'string') return { spec, group }
  }
  return undefined
}
