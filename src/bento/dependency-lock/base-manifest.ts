import type { DependencyRequest, LockedDependencies } from '../types.js'
import { lockText } from './lock-text.js'
import type { Manifest } from './project.js'

/** Fields of the service's package.json that say where it can run. */
const PLATFORM_FIELDS = ['engines', 'os', 'cpu', 'libc'] as const

/** The bento's package.json before any dependency. */
export function baseManifest(
  identity: Pick<DependencyRequest, 'name' | 'version'>,
  service: Manifest,
): Record<string, unknown> {
  const { name, version } = identity
  const platform = PLATFORM_FIELDS.flatMap(field => (service[field] === undefined ? [] : [[field, service[field]]]))
  return { name, version, private: true, type: 'module', ...Object.fromEntries(platform) }
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
    npmrc: undefined,
  }
}
