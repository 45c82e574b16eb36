import { createHash } from 'node:crypto'
import { parseAllDocuments } from 'yaml'
import { BentoError } from '../../../core/errors.js'
import { isObject, isSafeLocation, isSafeName } from '../lock-file.js'
import { splitKey } from './reference.js'

/** What pnpm-lock.yaml holds, as plain data: every scalar is text, so that no version can turn into a number. */
export interface PnpmLock {
  /** By folder relative to the lock's, `''` for its own. */
  importers: Map<string, PnpmImporter>
  /** What a published version is, by `name@version`. */
  packages: Map<string, Fields>
  /** What each resolved package depends on, by `name@version(peer@version)`. */
  snapshots: Map<string, Fields>
  /** Specifiers by catalog and name. */
  catalogs: Map<string, Map<string, string>>
  overrides: Record<string, string>
  /** Hash of each patch, by `name@version`; undefined where the lock tells none. */
  patches: Map<string, { hash: string | undefined; path: string | undefined }>
  /** Optional dependencies that the project leaves out; may hold `*`. */
  ignoredOptional: string[]
  /** Whether a `.pnpmfile` had its hand in: what it does to package.json files is not known here. */
  hasHooks: boolean
  /** Whether peers of the project's own packages count as dependencies. */
  autoInstallPeers: boolean
}

/** A package of the workspace: how each dependency is written, and what it resolved to. */
export interface PnpmImporter {
  dependencies: Map<string, PnpmDependency & { group: Group }>
}

export interface PnpmDependency {
  specifier: string
  /** `1.0.0`, `1.0.0(peer@2.0.0)`, `real-name@1.0.0` for an alias, `link:../lib`, `file:vendor/x.tgz`. */
  version: string
}

export type Fields = Readonly<Record<string, unknown>>
type Group = 'dependencies' | 'devDependencies' | 'optionalDependencies'

const GROUPS: readonly Group[] = ['devDependencies', 'dependencies', 'optionalDependencies']

/**
 * Reads a pnpm-lock.yaml of version 9, which pnpm 9 and all later ones write
 * (https://github.com/pnpm/spec/blob/master/lockfile/9.0.md).
 *
 * @throws `LOCK_INVALID` for text that is no such lock, `LOCK_UNSUPPORTED` for another version
 */
export function parsePnpmLock(text: string, path: string): PnpmLock {
  const data = readYaml(text, path)
  const version = data.lockfileVersion
  if (typeof version !== 'string' || !/^9(?:\.|$)/.test(version)) {
    throw new BentoError(
      'LOCK_UNSUPPORTED',
      `${path} is of lockfileVersion ${JSON.stringify(version) ?? 'unknown'}; of pnpm's, 9.0 is known.`,
      {
        hint: 'Run "pnpm install --lockfile-only" with pnpm 9 or newer, and commit the lock it writes.',
        details: { path, lockfileVersion: version },
      },
    )
  }
  const problems: string[] = []
  const importers = new Map<string, PnpmImporter>()
  for (const [key, value] of Object.entries(fieldsOf(data.importers))) {
    const folder = key === '.' ? '' : key
    if (!isSafeLocation(folder)) problems.push(`the importer ${JSON.stringify(key)} is unsafe`)
    importers.set(folder, importerOf(fieldsOf(value), key, problems))
  }
  if (importers.size === 0) problems.push('it names no importer')
  const packages = new Map(Object.entries(fieldsOf(data.packages)).map(([key, value]) => [key, fieldsOf(value)]))
  const snapshots = new Map(Object.entries(fieldsOf(data.snapshots)).map(([key, value]) => [key, fieldsOf(value)]))
  for (const [key, fields] of snapshots) {
    const names = [
      splitKey(key).name,
      ...['dependencies', 'optionalDependencies'].flatMap(group => Object.keys(fieldsOf(fields[group]))),
    ]
    if (!names.every(isSafeName))
      problems.push(`the snapshot ${JSON.stringify(key)} holds something else than packages`)
  }
  if (problems.length > 0) throw invalid(path, problems.join('; '))
  return {
    importers,
    packages,
    snapshots,
    catalogs: catalogsOf(fieldsOf(data.catalogs)),
    overrides: texts(data.overrides),
    patches: patchesOf(fieldsOf(data.patchedDependencies)),
    ignoredOptional: Array.isArray(data.ignoredOptionalDependencies)
      ? data.ignoredOptionalDependencies.map(String)
      : [],
    hasHooks: data.pnpmfileChecksum !== undefined,
    autoInstallPeers: fieldsOf(data.settings).autoInstallPeers !== 'false',
  }
}

/** Three times as fast as with the library's defaults: looking for keys that come twice takes a time square to their number. */
const FAST = { schema: 'failsafe', logLevel: 'silent', uniqueKeys: false, prettyErrors: false } as const

/** Later releases put a document about pnpm itself before the project's. */
function readYaml(text: string, path: string): Fields {
  if (/^(?:<{7}|={7}|>{7})/m.test(text)) throw invalid(path, 'it holds the marks of a merge conflict')
  const documents = parseAllDocuments(text, FAST)
  if (!Array.isArray(documents)) throw invalid(path, 'it is empty')
  const failed = documents.find(document => document.errors.length > 0)
  if (failed !== undefined) throw invalid(path, `it is no YAML: ${failed.errors[0]?.message.split('\n')[0]}`)
  return fieldsOf(documents.at(-1)?.toJS({ maxAliasCount: 0 }))
}

function importerOf(fields: Fields, key: string, problems: string[]): PnpmImporter {
  const dependencies: PnpmImporter['dependencies'] = new Map()
  for (const group of GROUPS) {
    for (const [name, value] of Object.entries(fieldsOf(fields[group]))) {
      const { specifier, version } = fieldsOf(value)
      if (!isSafeName(name) || typeof specifier !== 'string' || typeof version !== 'string') {
        problems.push(`the importer ${JSON.stringify(key)} holds something else than packages`)
      } else dependencies.set(name, { specifier, version, group })
    }
  }
  return { dependencies }
}

function catalogsOf(fields: Fields): PnpmLock['catalogs'] {
  return new Map(
    Object.entries(fields).map(([catalog, entries]) => [
      catalog,
      new Map(
        Object.entries(fieldsOf(entries)).map(([name, entry]) => [name, String(fieldsOf(entry).specifier ?? '')]),
      ),
    ]),
  )
}

/** pnpm 9 and 10 write hash and path, later ones the hash alone. */
function patchesOf(fields: Fields): PnpmLock['patches'] {
  return new Map(
    Object.entries(fields).map(([key, value]) => {
      const { hash, path } = isObject(value) ? value : { hash: value, path: undefined }
      return [
        key,
        { hash: typeof hash === 'string' ? hash : undefined, path: typeof path === 'string' ? path : undefined },
      ]
    }),
  )
}

/** Hash of a patch as pnpm 10 and later lock it: the file's SHA-256, line ends made those of Unix. */
export function patchHash(text: string): string {
  return createHash('sha256').update(text.replaceAll('\r\n', '\n')).digest('hex')
}

export function fieldsOf(value: unknown): Fields {
  return isObject(value) ? value : {}
}

/** The members of an object that are text. */
export function texts(value: unknown): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fieldsOf(value)).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  )
}

export function invalid(path: string, why: string): BentoError {
  return new BentoError('LOCK_INVALID', `${path} cannot be used: ${why}.`, {
    hint: 'Make it anew with "pnpm install --lockfile-only".',
    details: { path },
  })
}
