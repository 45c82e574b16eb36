import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { BentoError } from '../core/errors.js'
import { nearNames } from '../core/text.js'

const EXTENSIONS = ['.ts', '.tsx', '.mts', '.cts', '.js', '.jsx', '.mjs', '.cjs']

/** Where Vite's service lies unless the option says otherwise. */
export const DEFAULT_SERVICE = 'src/service'

/** The project that a service belongs to. */
export interface Project {
  /** Absolute path of the folder of the nearest package.json. */
  root: string
  /** Its package.json; empty where there is none. */
  manifest: { name?: unknown; engines?: { node?: unknown } }
}

/**
 * Finds the service entry.
 *
 * @param service the option, with or without extension, relative to `root`
 * @returns its absolute path, symbolic links resolved, as bundlers name modules
 * @throws `SERVICE_NOT_FOUND` that names near files
 */
export function findService(root: string, service: string): string {
  const path = resolve(root, service)
  const found = [path, ...EXTENSIONS.map(extension => path + extension)].find(isFile)
  if (found !== undefined) return realpathSync.native(found)
  const isDefault = service === DEFAULT_SERVICE
  throw new BentoError('SERVICE_NOT_FOUND', `The service entry ${path}${isDefault ? '.ts' : ''} does not exist.`, {
    hint: isDefault
      ? "Name the module that your service starts from: bento({ service: 'src/server.ts' })."
      : `Correct the option service, a path relative to ${root}.${suggestion(root, path)}`,
    details: { service: path },
  })
}

/** The service's path as it may be, where a missing file is somebody else's error to report. */
export function servicePath(root: string, service: string): string {
  try {
    return findService(root, service)
  } catch {
    return resolve(root, service)
  }
}

function suggestion(root: string, path: string): string {
  const near = nearNames(basename(path), filesBeside(path)).map(name =>
    relative(root, join(dirname(path), name)).replaceAll('\\', '/'),
  )
  return near.length === 0 ? '' : ` Did you mean ${near.join(' or ')}?`
}

function filesBeside(path: string): string[] {
  const stem = basename(path).replace(/\.[^.]*$/, '')
  return EXTENSIONS.map(extension => stem + extension).filter(name => isFile(join(dirname(path), name)))
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true
}

/**
 * Finds the project of a service: the nearest folder above it whose package.json is a package's. One that only says
 * `{ "type": "module" }` for its folder is passed over.
 */
export function findProject(service: string): Project {
  let outermost: Project | undefined
  for (let folder = dirname(service); ; folder = dirname(folder)) {
    const manifest = readManifest(folder)
    if (manifest !== undefined) {
      const project = { root: folder, manifest }
      if (['name', 'dependencies', 'devDependencies', 'workspaces'].some(key => key in manifest)) return project
      outermost ??= project
    }
    if (folder === dirname(folder)) return outermost ?? { root: dirname(service), manifest: {} }
  }
}

function readManifest(folder: string): Project['manifest'] | undefined {
  const path = join(folder, 'package.json')
  if (!existsSync(path)) return undefined
  try {
    const manifest: unknown = JSON.parse(readFileSync(path, 'utf8').replace(/^\uFEFF/, ''))
    return typeof manifest === 'object' && manifest !== null ? manifest : {}
  } catch {
    // The dependency lock says what is wrong with it.
    return {}
  }
}

/** The bento's name where the options have none: the package's without its scope, else the folder's. */
export function defaultName(project: Project): string {
  const { name } = project.manifest
  const given = typeof name === 'string' ? name.replace(/^@[^/]*\//, '') : ''
  return tagPartOf(given) || tagPartOf(basename(project.root)) || 'service'
}

/** The nearest valid tag part: `My App!` → `my-app`. Empty where nothing of it remains. */
export function tagPartOf(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '')
    .slice(0, 63)
    .replace(/[^a-z0-9]+$/, '')
}

/** The option `store` as an absolute path. */
export function storeHome(root: string, store: string): string {
  return resolve(
    root,
    store.replace(/^~(?=$|[/\\])/, () => homedir()),
  )
}
