import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type * as Vite from 'vite'
import { BentoError } from '../core/errors.js'

/** The oldest Vite with what the plugin needs. */
const OLDEST = 7

/** Lockfiles and how their package manager adds a package for development. */
const MANAGERS: [lockfile: string, command: string][] = [
  ['package-lock.json', 'npm install --save-dev'],
  ['pnpm-lock.yaml', 'pnpm add --save-dev'],
  ['yarn.lock', 'yarn add --dev'],
  ['bun.lock', 'bun add --dev'],
]

/**
 * Loads the Vite that the project itself has: its config and plugins are made for that.
 *
 * @param root absolute path of the project
 * @throws `BUNDLER_MISSING`
 */
export async function loadVite(root: string): Promise<typeof Vite> {
  const path = find(root)
  if (path === undefined) throw missing(root, `Vite is not installed in ${root}.`)
  const vite: typeof Vite = await import(pathToFileURL(path).href)
  if (Number.parseInt(vite.version, 10) >= OLDEST) return vite
  throw missing(root, `Vite ${vite.version} of ${root} is too old: bentos are built with Vite 7 or 8.`)
}

function find(root: string): string | undefined {
  try {
    return createRequire(join(root, 'package.json')).resolve('vite')
  } catch {
    return undefined
  }
}

function missing(root: string, reason: string): BentoError {
  return new BentoError('BUNDLER_MISSING', reason, {
    hint: `Install it: ${installCommand(root)} vite`,
    details: { root },
  })
}

/** By the lockfile of the project or of the workspace around it. */
function installCommand(root: string): string {
  for (let folder = root; ; folder = dirname(folder)) {
    const manager = MANAGERS.find(([lockfile]) => existsSync(join(folder, lockfile)))
    if (manager !== undefined) return manager[1]
    if (folder === dirname(folder)) return 'npm install --save-dev'
  }
}
