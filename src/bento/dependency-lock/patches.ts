import { readdir } from 'node:fs/promises'
import { basename, join, posix } from 'node:path'
import semver from 'semver'
import { BentoError, systemCode } from '../../core/errors.js'
import { compareText } from '../../core/tag.js'
import { PATCHES } from '../layout.js'
import type { LockedPatch } from '../types.js'
import { readIfThere, toLocation } from './find-lock.js'
import { isObject } from './lock-file.js'
import { splitLocation } from './lock-graph.js'
import type { Layout } from './place.js'
import { type Manifest, type Project, readManifest } from './project.js'

/** A patch as a project has it: what it is for is in its key (npm, pnpm) or its name (patch-package). */
export interface PatchSource {
  /** Its file, relative to the lock's folder. */
  path: string
  /** npm and pnpm: `name`, `name@1.0.0`, `name@^1.0.0`. */
  key: string | undefined
  /** patch-package: location of the package.json beside which it runs. */
  owner: string
}

/**
 * The patches of patch-package, in the order in which it applies them: those of the workspace root and of the service's
 * own package, wherever one of its scripts or dependencies names patch-package.
 */
export async function patchPackageFiles(lockRoot: string, projectRoot: string): Promise<PatchSource[]> {
  const found: PatchSource[] = []
  for (const folder of new Set([lockRoot, projectRoot])) {
    const manifest = await readManifest(folder)
    if (!usesPatchPackage(manifest)) continue
    const where = patchFolder(manifest)
    const owner = toLocation(lockRoot, folder)
    for (const name of await namesIn(join(folder, where))) {
      // `--use-dev`: for the developer's own installs.
      if (/\.patch$/.test(name) && !/\.dev\.patch$/.test(name)) {
        found.push({ path: posix.join(owner, where, name), key: undefined, owner })
      }
    }
  }
  return found
}

function usesPatchPackage(manifest: Manifest): boolean {
  const groups = [manifest.dependencies, manifest.devDependencies, manifest.optionalDependencies]
  return (
    scriptsOf(manifest).includes('patch-package') || groups.some(group => isObject(group) && 'patch-package' in group)
  )
}

function scriptsOf(manifest: Manifest): string {
  return isObject(manifest.scripts)
    ? Object.values(manifest.scripts)
        .filter(text => typeof text === 'string')
        .join('\n')
    : ''
}

function patchFolder(manifest: Manifest): string {
  const named = /patch-package\b[^\n&|;]*?--patch-dir(?:\s+|=)["']?([^\s"']+)/.exec(scriptsOf(manifest))?.[1]
  return posix.normalize(named ?? 'patches')
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort(compareText)
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return []
    throw error
  }
}

/**
 * Finds for each patch the packages of the bento that it is for, `from` still relative to the lock's folder. npm and pnpm
 * patch every package that a key fits best, patch-package the one at the place that its file's name tells.
 *
 * @throws `LOCK_UNSUPPORTED` for a patch that holds binary files, or none that can be read
 */
export async function patchesFor(
  project: Project,
  layout: Layout,
  sources: readonly PatchSource[],
): Promise<{ patches: LockedPatch[]; warnings: string[] }> {
  const patches: LockedPatch[] = []
  const warnings: string[] = []
  const names = new Map<string, string>()
  const add = (home: string, from: string, prefix: string) => {
    if (!names.has(from)) names.set(from, freeName(basename(from), new Set(names.values())))
    patches.push({ package: home, from, to: `${PATCHES}/${names.get(from)}`, prefix })
  }
  for (const [home, location] of layout) {
    const entry = project.lock.packages.get(location)
    if (entry === undefined || entry.link === true || !home.includes('node_modules/')) continue
    const { name, version } = { name: entry.name ?? splitLocation(location).name, version: entry.version ?? '' }
    const keyed = bestKey(sources, name, version)
    if (keyed !== undefined) add(home, keyed.path, '')
    for (const source of sources.filter(({ key }) => key === undefined)) {
      const named = nameOf(project, source)
      if (named === undefined || named.location !== location) continue
      add(home, source.path, named.prefix)
      if (named.version !== version)
        warnings.push(`${source.path} was made for ${name}@${named.version}, the bento has ${version}.`)
    }
  }
  const texts = new Map<string, string | undefined>()
  for (const { from } of patches) texts.set(from, await readIfThere(join(project.lockRoot, from)))
  const unreadable = [...texts].filter(([, text]) => text === undefined || !isUsable(text)).map(([path]) => path)
  if (unreadable.length === 0) return { patches, warnings }
  throw new BentoError('LOCK_UNSUPPORTED', `Patches cannot be carried: ${unreadable.join(', ')}.`, {
    hint: 'Each must be there, and be a diff of text files below the project; binary changes need a package of your own.',
    details: { patches: unreadable },
  })
}

function freeName(name: string, taken: ReadonlySet<string>): string {
  let free = name
  for (let count = 2; taken.has(free); count++) free = `${count}-${name}`
  return free
}

/** npm's and pnpm's order: the exact version, then a range, then the name alone. */
function bestKey(sources: readonly PatchSource[], name: string, version: string): PatchSource | undefined {
  const rank = ({ key }: PatchSource): number => {
    const at = key?.indexOf('@', 1) ?? -1
    if (key === undefined || (at === -1 ? key : key.slice(0, at)) !== name) return 0
    if (at === -1) return 1
    const range = key.slice(at + 1)
    if (range === version) return 3
    return semver.validRange(range) !== null && semver.satisfies(version, range, { loose: true }) ? 2 : 0
  }
  return [...sources].sort((a, b) => rank(b) - rank(a)).find(source => rank(source) > 0)
}

/**
 * What a file's name says to patch-package: `name+1.0.0.patch`, `@scope+name+1.0.0+001+why.patch`, and with `++` between
 * them packages within packages.
 */
function nameOf(
  { lock }: Project,
  { path, owner }: PatchSource,
): { location: string; version: string; prefix: string } | undefined {
  const parts = basename(path, '.patch')
    .split('++')
    .map(part => part.split('+'))
  const names = parts.map(part => (part[0]?.startsWith('@') === true ? `${part[0]}/${part[1] ?? ''}` : (part[0] ?? '')))
  const last = parts.at(-1) ?? []
  const version = last[last[0]?.startsWith('@') === true ? 2 : 1] ?? ''
  let location: string | undefined = owner
  for (const name of names) location = location === undefined ? undefined : lock.find(location, name)
  if (location === undefined) return undefined
  return { location, version, prefix: names.map(name => `node_modules/${name}/`).join('') }
}

function isUsable(text: string): boolean {
  return /^(?:--- |rename from )/m.test(text) && !/^(?:GIT binary patch|Binary files )/m.test(text)
}

/** Keys that npm 12 and pnpm have in common. @throws `LOCK_UNSUPPORTED` for a patch outside the project */
export function keyedPatches(map: unknown): PatchSource[] {
  if (!isObject(map)) return []
  return Object.entries(map).map(([key, value]) => {
    const path = typeof value === 'string' ? posix.normalize(value) : ''
    if (path === '' || posix.isAbsolute(path) || path.startsWith('..')) {
      throw new BentoError('LOCK_UNSUPPORTED', 'The project has "patchedDependencies" that lie outside of it.', {
        hint: 'Move the patches below the folder of the lock.',
      })
    }
    return { path, key, owner: '' }
  })
}
