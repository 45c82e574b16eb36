import { readFile } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import { BentoError, systemCode } from '../../core/errors.js'

/** Where the lock is, not yet parsed. */
export interface FoundLock {
  /** Absolute path of the folder it lies in: the workspace root. */
  root: string
  path: string
  text: string
}

const NPM_LOCKS = ['npm-shrinkwrap.json', 'package-lock.json']
const FOREIGN_LOCKS: Record<string, string> = {
  'pnpm-lock.yaml': 'pnpm',
  'yarn.lock': 'Yarn',
  'bun.lock': 'Bun',
  'bun.lockb': 'Bun',
}

/**
 * Finds the npm lock that rules a project: the nearest one upward, npm-shrinkwrap.json before package-lock.json.
 *
 * @throws `LOCK_UNSUPPORTED` where another package manager's lock is nearer, `LOCK_MISSING` where there is none.
 */
export async function findLock(projectRoot: string): Promise<FoundLock> {
  for (let dir = projectRoot; ; dir = dirname(dir)) {
    for (const name of NPM_LOCKS) {
      const path = join(dir, name)
      const text = await readIfThere(path)
      if (text !== undefined) return { root: dir, path, text }
    }
    for (const [name, manager] of Object.entries(FOREIGN_LOCKS)) {
      const path = join(dir, name)
      if ((await readIfThere(path)) === undefined) continue
      throw new BentoError('LOCK_UNSUPPORTED', `${path} is a lock of ${manager}; only npm's can be packaged so far.`, {
        hint: 'Run "npm install --package-lock-only" beside it, and commit the package-lock.json it writes.',
        details: { path, manager },
      })
    }
    if (dirname(dir) === dir) break
  }
  throw new BentoError('LOCK_MISSING', `${projectRoot} has no package-lock.json, nor has a folder above it.`, {
    hint: 'Run "npm install", and commit the lock it writes.',
    details: { projectRoot },
  })
}

/** Text of a file, undefined where there is none. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    const code = systemCode(error)
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR') return undefined
    throw new BentoError('IO_FAILED', `${path} cannot be read (${code}).`, { cause: error })
  }
}

/** A path of the file system as a location of the lock: relative to its root, with forward slashes. */
export function toLocation(root: string, path: string): string {
  return relative(root, path).split(sep).join('/')
}
