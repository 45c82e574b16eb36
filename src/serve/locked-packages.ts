import { posix } from 'node:path'
import type { LockEntries } from '../bento/lock-file.js'
import { BentoError } from '../core/errors.js'

/** A bento's npm project, as its `src/` holds it. */
export interface NpmProject {
  packageJson: Record<string, unknown>
  /** Entries by folder, `node_modules/ms`; the root's own is `''`. */
  packages: LockEntries
  /** The lock as JSON. */
  lock: Record<string, unknown>
}

/**
 * Reads a bento's package.json and package-lock.json. Without a lock there must be no dependencies.
 *
 * @param where names the bento's `src/` in messages
 * @throws `LOCK_INVALID`, `LOCK_MISSING`, `LOCK_UNSUPPORTED`
 */
export function readNpmProject(packageJsonText: string, lockText: string | undefined, where: string): NpmProject {
  const packageJson = parseObject(packageJsonText, posix.join(where, 'package.json'))
  if (lockText === undefined) {
    const needs = Object.keys((packageJson.dependencies as object | undefined) ?? {})
    if (needs.length === 0) return { packageJson, packages: {}, lock: {} }
    throw new BentoError('LOCK_MISSING', `${where} has dependencies (${needs.join(', ')}) but no package-lock.json.`, {
      hint: 'Build the bento again, or run npm install --package-lock-only there.',
    })
  }
  const lock = parseObject(lockText, posix.join(where, 'package-lock.json'))
  if (typeof lock.packages !== 'object' || lock.packages === null) {
    throw new BentoError(
      'LOCK_UNSUPPORTED',
      `${where}/package-lock.json has no "packages": it is older than version 2.`,
      {
        hint: 'Make it anew with npm 7 or later.',
      },
    )
  }
  return { packageJson, packages: lock.packages as LockEntries, lock }
}

/** Paths in `src/` that the lock points at: folders of local packages, and packed ones. Sorted. */
export function localPaths(project: NpmProject, where: string): { folders: string[]; files: string[] } {
  const folders = new Set<string>()
  const files = new Set<string>()
  for (const [path, entry] of Object.entries(project.packages)) {
    if (entry.link === true && entry.resolved !== undefined) folders.add(inside(entry.resolved, where))
    else if (path !== '' && entry.resolved?.startsWith('file:')) files.add(inside(entry.resolved.slice(5), where))
  }
  return { folders: [...folders].sort(), files: [...files].sort() }
}

function inside(path: string, where: string): string {
  const normal = posix.normalize(path.replaceAll('\\', '/'))
  if (
    normal === '.' ||
    normal.startsWith('../') ||
    normal === '..' ||
    posix.isAbsolute(normal) ||
    /^[a-z]:/i.test(normal)
  ) {
    throw new BentoError(
      'LOCK_INVALID',
      `${where}/package-lock.json points at ${JSON.stringify(path)}, outside the bento.`,
    )
  }
  return normal
}

function parseObject(text: string, path: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new BentoError('LOCK_INVALID', `${path} is not JSON: ${(error as Error).message}.`, { cause: error })
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw new BentoError('LOCK_INVALID', `${path} holds no object.`)
}
