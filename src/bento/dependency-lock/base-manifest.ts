import type { DependencyRequest, LockedDependencies } from '../types.js'
import { lockText } from './lock-text.js'
import type { Manifest } from './project.js'

/** Fields of the service's package.json that say where it can run. */
const PLATFORM_FIELDS = ['engines', 'os', 'cpu', 'libc'] as const

/** Where the service's package.json asks for nothing: what bentos, their runtime and this package are made for. */
const NODE_RANGE = '^20.19.0 || >=22.12.0'

/** The bento's package.json before any dependency. */
export function baseManifest(
  identity: Pick<DependencyRequest, 'name' | 'version'>,
  service: Manifest,
): Record<string, unknown> {
  const { name, version } = identity
  const platform = PLATFORM_FIELDS.flatMap(field => (service[field] === undefined ? [] : [[field, service[field]]]))
  const fields = Object.fromEntries(platform)
  return { name, version, private: true, type: 'module', ...fields, engines: enginesOf(fields.engines) }
}

function enginesOf(engines: unknown): Record<string, unknown> {
  const own = typeof engines === 'object' && engines !== null && !Array.isArray(engines) ? engines : {}
  return { node: NODE_RANGE, ...own }
}

/** A bento whose bundle holds everything: `npm ci` still wants both files. */
export function withoutPackages(
  identity: Pick<DependencyRequest, 'name' | 'version'>,
  service: Manifest,
  warnings: string[] = [],
): LockedDependencies {
  const packageJson = baseManifest(identity, service)
  return {
    packageJson,
    lock: lockText(packageJson, new Map()),
    packageCount: 0,
    direct: {},
    blockedScripts: [],
    warnings,
    localPackages: [],
    files: [],
    patches: [],
    npmrc: undefined,
  }
}
