import { readFile } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import { BentoError, systemCode } from '../../core/errors.js'

/** Where the lock is, not yet parsed. */
export interface FoundLock {
  manager: 'npm' | 'pnpm'
  /** Absolute path of the folder it lies in: the workspace root. */
  root: string
  path: string
  text: string
  /** Text of the pnpm-workspace.yaml beside it: the settings of pnpm. */
  settings: string | undefined
}

const NPM_LOCKS = ['npm-shrinkwrap.json', 'package-lock.json']
const PNPM_LOCK = 'pnpm-lock.yaml'
const FOREIGN_LOCKS: Record<string, string> = {
  'yarn.lock': 'Yarn',
  'bun.lock': 'Bun',
  'bun.lockb': 'Bun',
}

/** What brings a project to a lock that can be packaged, while its own package manager stays in use. */
const YARN_HINT =
  'Run "pnpm import" beside it: it writes a pnpm-lock.yaml with the versions of yarn.lock. Commit that, and repeat it when yarn.lock changes.'
const BUN_HINT =
  'Run "bun install --yarn", then "pnpm import" beside it: they write a pnpm-lock.yaml with the versions of the lock. Commit that, and repeat it when the lock changes.'

/**
 * Finds the lock that rules a project: the nearest one upward, npm-shrinkwrap.json before package-lock.json, and npm's
 * before pnpm's.
 *
 * @throws `LOCK_UNSUPPORTED` where another package manager's lock is nearer, `LOCK_MISSING` where there is none.
 */
export async function findLock(projectRoot: string): Promise<FoundLock> {
  for (let dir = projectRoot; ; dir = dirname(dir)) {
    for (const name of NPM_LOCKS) {
      const path = join(dir, name)
      const text = await readIfThere(path)
      if (text !== undefined) return { manager: 'npm', root: dir, path, text, settings: undefined }
    }
    const pnpm = await readIfThere(join(dir, PNPM_LOCK))
    if (pnpm !== undefined) {
      const settings = await readIfThere(join(dir, 'pnpm-workspace.yaml'))
      return { manager: 'pnpm', root: dir, path: join(dir, PNPM_LOCK), text: pnpm, settings }
    }
    for (const [name, manager] of Object.entries(FOREIGN_LOCKS)) {
      const path = join(dir, name)
      if ((await readIfThere(path)) === undefined) continue
      throw new BentoError('LOCK_UNSUPPORTED', `${path} is a lock of ${manager}; npm's and pnpm's can be packaged.`, {
        hint: manager === 'Yarn' ? YARN_HINT : BUN_HINT,
        details: { path, manager },
      })
    }
    if (dirname(dir) === dir) break
  }
  throw new BentoError(
    'LOCK_MISSING',
    `${projectRoot} has no package-lock.json or pnpm-lock.yaml, nor has a folder above it.`,
    {
      hint: 'Run "npm install" or "pnpm install", and commit the lock it writes.',
      details: { projectRoot },
    },
  )
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
