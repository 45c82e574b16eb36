import { posix } from 'node:path'
import { isObject, type LockEntry } from './lock-file.js'
import { followLink, isLocal } from './lock-graph.js'
import { type Layout, LOCAL_FOLDER, localHome } from './place.js'
import type { Manifest, Project } from './project.js'

/** A workspace or `file:` folder that stays outside the bundle. */
export interface LocalSource {
  /** Location in the project's lock, which is its folder relative to the lock's. */
  location: string
  to: string
  packageJson: Record<string, unknown>
  entry: LockEntry
}

/** Fields of package.json that npm repeats in a local package's lock entry. */
const ENTRY_FIELDS = [
  'version',
  'dependencies',
  'peerDependencies',
  'peerDependenciesMeta',
  'optionalDependencies',
  'engines',
  'os',
  'cpu',
  'libc',
  'license',
  'bin',
]
/** Left out: `npm ci` would run a local package's scripts (`prepare`) without the tools of its devDependencies. */
const DROPPED = ['scripts', 'devDependencies', 'workspaces', 'overrides']

/** Reads the project's own packages among the kept ones. */
export async function localSources(project: Project, layout: Layout): Promise<LocalSource[]> {
  const found = [...layout].filter(([home]) => isLocal(home))
  return Promise.all(
    found.map(async ([to, location]) => {
      const manifest = await project.manifestOf(location)
      const packageJson = carried(project, location, manifest)
      const fields = ENTRY_FIELDS.filter(field => !isEmpty(packageJson[field]))
      // npm notes the name where the folder does not tell it.
      const { name } = packageJson
      const named = typeof name === 'string' && to !== `${LOCAL_FOLDER}/${name}` ? { name } : {}
      const entry: LockEntry = { ...named, ...Object.fromEntries(fields.map(field => [field, packageJson[field]])) }
      return { location, to, packageJson, entry }
    }),
  )
}

function carried(project: Project, location: string, manifest: Manifest): Record<string, unknown> {
  const kept = Object.fromEntries(Object.entries(manifest).filter(([field]) => !DROPPED.includes(field)))
  for (const group of ['dependencies', 'optionalDependencies', 'peerDependencies']) {
    const specs = kept[group]
    if (!isObject(specs)) continue
    kept[group] = Object.fromEntries(
      Object.entries(specs).map(([name, spec]) => [name, repoint(project, location, name, spec)]),
    )
  }
  return kept
}

/** A `file:` spec between two local packages, from their folders in the bento. */
function repoint(project: Project, location: string, name: string, spec: unknown): unknown {
  if (typeof spec !== 'string' || !/^(?:file:|link:|\.)/.test(spec)) return spec
  const found = project.lock.find(location, name)
  const target = found === undefined ? undefined : followLink(project.lock.packages, found)
  if (target === undefined || !isLocal(target)) return spec
  return `file:${posix.relative(localHome(project.lock, location), localHome(project.lock, target))}`
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || (isObject(value) && Object.keys(value).length === 0)
}
