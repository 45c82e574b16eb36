import { isBuiltin } from 'node:module'
import { join } from 'node:path'
import type { DependencyRequest, LockedDependencies } from '../types.js'
import { withoutPackages } from './base-manifest.js'
import { LockCache } from './cache.js'
import type { Derived } from './derive.js'
import { findLock } from './find-lock.js'
import { localFiles } from './local-files.js'
import { npmOptions } from './npm-options.js'
import { patchPackageFiles } from './patches.js'
import { readManifest } from './project.js'

/** How {@link lockDependencies} goes about it. */
export interface LockOptions {
  /** Where npm's options are read; `process.env` by default. */
  env?: NodeJS.ProcessEnv
  /** Told what is harmless but may explain something. */
  debug?: (message: string) => void
}

/**
 * Locks exactly the packages that stay outside the bundle, from the lock of the project, npm's or pnpm's: a package.json and a
 * package-lock.json that `npm ci` installs on every platform the project's lock knows. Offline; every kept entry of npm's is
 * the project's own, word for word; of pnpm's, versions and integrity.
 *
 * @throws `LOCK_MISSING`, `LOCK_INVALID`, `LOCK_UNSUPPORTED`, `LOCK_STALE`, `LOCK_INCOMPLETE`, `DEPENDENCY_NOT_LOCKED`,
 * `DEPENDENCY_CONFLICT`; each names all that is wrong of its kind.
 */
export async function lockDependencies(
  request: DependencyRequest,
  options: LockOptions = {},
): Promise<LockedDependencies> {
  // By specifier: `punycode/` is a package, though `punycode` is Node's own.
  const externals = request.externals.filter(({ specifier }) => !isBuiltin(specifier))
  const include = request.include.filter(name => !name.startsWith('node:'))
  if (externals.length === 0 && include.length === 0) {
    return withoutPackages(request, await readManifest(request.projectRoot))
  }
  const clean = { ...request, externals, include }
  const found = await findLock(request.projectRoot)
  const npm = await npmOptions(found.root, options.env ?? process.env)
  const patches = await patchPackageFiles(found.root, request.projectRoot)
  const cache = await LockCache.open(clean, found, npm, patches)
  const kept = await cache?.get()
  if (kept !== undefined) return finish(found.root, kept)
  // Loading npm's engine takes longer than all the rest of the packaging.
  const { derive } = await import('./derive.js')
  const derived = await derive(clean, found, npm, patches, options.debug ?? (() => {}))
  await cache?.set(derived)
  return finish(found.root, derived)
}

async function finish(lockRoot: string, { inputs: _, ...derived }: Derived): Promise<LockedDependencies> {
  return {
    ...derived,
    localPackages: await Promise.all(
      derived.localPackages.map(async ({ from, to, packageJson }) => {
        const folder = join(lockRoot, from)
        return { from: folder, to, packageJson, files: await localFiles(folder, packageJson) }
      }),
    ),
    patches: derived.patches.map(patch => ({ ...patch, from: join(lockRoot, patch.from) })),
    files: derived.files.map(({ from, to }) => ({ from: join(lockRoot, from), to })),
  }
}
