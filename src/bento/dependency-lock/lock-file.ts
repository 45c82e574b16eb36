import { BentoError } from '../../core/errors.js'
import { resolveFrom } from './resolve-from.js'

/** One entry of the lock's `packages`: the fields read here; the rest travels untouched. */
export interface LockEntry {
  readonly name?: string
  readonly version?: string
  readonly resolved?: string
  readonly integrity?: string
  readonly link?: boolean
  readonly inBundle?: boolean
  readonly hasInstallScript?: boolean
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly peerDependenciesMeta?: Readonly<Record<string, { optional?: boolean } | undefined>>
  readonly [field: string]: unknown
}

/** A package-lock.json or npm-shrinkwrap.json, read and checked. */
export interface LockFile {
  /** The package manager that wrote it. */
  manager: 'npm' | 'pnpm'
  /** Absolute path of the file. */
  path: string
  /**
   * Its entries by location: `''` the root, `node_modules/a`, `packages/b` (a local package). pnpm's packages lie in
   * `node_modules/.pnpm/<snapshot>/node_modules/<name>`.
   */
  packages: ReadonlyMap<string, LockEntry>
  /** Where a package finds another by name: the location of an entry, a link not followed. */
  find(location: string, name: string): string | undefined
  /** pnpm: the location of what is installed in a folder (an absolute path); where npm installs is the location. */
  installedAt?(folder: string): string | undefined
}

/**
 * Reads a lock of version 2, 3 or 4.
 *
 * @throws `LOCK_INVALID` for text that is no JSON (a merge conflict, say), fields of the wrong type and locations that
 * would point outside; `LOCK_UNSUPPORTED` for version 1 and versions to come.
 */
export function parseLock(text: string, path: string): LockFile {
  const data = parseObject(text, path, 'LOCK_INVALID')
  const version = data.lockfileVersion
  if (version === 1 || (version === undefined && data.packages === undefined)) {
    throw new BentoError('LOCK_UNSUPPORTED', `${path} is of lockfileVersion 1, which leaves too much to guess.`, {
      hint: 'Run "npm install --package-lock-only" with npm 7 or newer, which brings it to version 3.',
      details: { path, lockfileVersion: 1 },
    })
  }
  // 4 is 3 with patches (npm 12).
  if (version !== 2 && version !== 3 && version !== 4) {
    throw new BentoError(
      'LOCK_UNSUPPORTED',
      `${path} is of lockfileVersion ${JSON.stringify(version)}; 2, 3 and 4 are known.`,
      {
        details: { path, lockfileVersion: version },
      },
    )
  }
  const problems: string[] = []
  const packages = new Map<string, LockEntry>()
  if (!isObject(data.packages)) problems.push('"packages" is no object')
  else {
    for (const [location, entry] of Object.entries(data.packages)) {
      problems.push(...entryProblems(location, entry))
      packages.set(location, entry as LockEntry)
    }
    if (!packages.has('')) problems.push('the root entry "" is missing')
    problems.push(...danglingLinks(packages))
  }
  if (problems.length > 0) {
    throw new BentoError('LOCK_INVALID', `${path} cannot be used: ${problems.join('; ')}.`, {
      hint: 'Make it anew with "npm install --package-lock-only".',
      details: { path, problems },
    })
  }
  const has = (location: string) => packages.has(location)
  return { manager: 'npm', path, packages, find: (location, name) => resolveFrom(has, location, name) }
}

/** Parses a JSON object. @throws a {@link BentoError} of that code */
export function parseObject(text: string, path: string, code: 'LOCK_INVALID' | 'LOCK_STALE'): Record<string, unknown> {
  let data: unknown
  try {
    data = JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch (error) {
    const conflict = /^(?:<{7}|={7}|>{7})/m.test(text)
    const why = conflict ? 'it holds the marks of a merge conflict' : (error as Error).message
    throw new BentoError(code, `${path} is not valid JSON: ${why}.`, {
      hint: conflict ? 'Resolve the conflict, then run "npm install".' : 'Mend it, then run "npm install".',
      details: { path },
    })
  }
  if (!isObject(data)) throw new BentoError(code, `${path} holds no JSON object.`, { details: { path } })
  return data
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const TEXT_FIELDS = ['name', 'version', 'resolved', 'integrity']
const EDGE_FIELDS = ['dependencies', 'optionalDependencies', 'peerDependencies', 'peerDependenciesMeta']

function entryProblems(location: string, entry: unknown): string[] {
  const where = JSON.stringify(location)
  if (!isSafeLocation(location)) return [`the location ${where} is unsafe`]
  if (!isObject(entry)) return [`the entry ${where} is no object`]
  const problems = TEXT_FIELDS.filter(field => entry[field] !== undefined && typeof entry[field] !== 'string').map(
    field => `"${field}" of ${where} is no text`,
  )
  for (const field of EDGE_FIELDS) {
    const edges = entry[field]
    if (edges === undefined) continue
    const ofText = field !== 'peerDependenciesMeta'
    const sound =
      isObject(edges) &&
      Object.entries(edges).every(([name, value]) => isSafeName(name) && (!ofText || typeof value === 'string'))
    if (!sound) problems.push(`"${field}" of ${where} holds something else than packages`)
  }
  if (entry.link === true && !(typeof entry.resolved === 'string' && isSafeLocation(entry.resolved))) {
    problems.push(`the link ${where} points nowhere safe`)
  }
  return problems
}

function danglingLinks(packages: ReadonlyMap<string, LockEntry>): string[] {
  return [...packages]
    .filter(([, entry]) => entry.link === true && !packages.has(entry.resolved ?? ''))
    .map(
      ([location, entry]) =>
        `the link ${JSON.stringify(location)} points at ${JSON.stringify(entry.resolved)}, which is missing`,
    )
}

/**
 * Whether a location stays what it seems: relative, plain segments, `..` only leading (a `file:` folder beside the
 * project, which npm writes so).
 */
export function isSafeLocation(location: string): boolean {
  if (location === '') return true
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (/[\u0000-\u001f\u007f\\]/.test(location) || /^[a-z]:/i.test(location)) return false
  const segments = location.split('/')
  const first = segments.findIndex(segment => segment !== '..')
  const plain = first === -1 ? [] : segments.slice(first)
  return plain.every(segment => segment !== '' && segment !== '.' && segment !== '..' && segment !== '__proto__')
}

/** Whether a dependency's name can only mean a folder of its own in node_modules. */
export function isSafeName(name: string): boolean {
  return (
    /^(?:@[^/\\%\s@]+\/)?[^/\\%\s@][^/\\%\s]*$/.test(name) && !/(?:^|\/)\.{1,2}$|^node_modules$|^__proto__$/.test(name)
  )
}
