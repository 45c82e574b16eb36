import npa from 'npm-package-arg'
import semver from 'semver'
import { isObject } from './lock-file.js'
import { listed, type Manifest } from './project.js'

/** npm's `overrides`: a version, or rules for what lies below, with `.` for the package itself. */
export type Overrides = { [key: string]: string | Overrides }

/**
 * The overrides of a project as its bento needs them: all of them (the lock does not record them, and without them npm
 * would mend edges that they made valid), `$name` references written out since what they refer to may not come along.
 *
 * @param root package.json beside the lock, the only one whose overrides npm heeds
 * @param service name of the workspace member that becomes the root: rules for what lies below it become rules for all
 */
export function carryOverrides(root: Manifest, service: string | undefined): Overrides | undefined {
  if (!isObject(root.overrides) || Object.keys(root.overrides).length === 0) return undefined
  const literal = writeOut(root.overrides, root)
  const below = service === undefined ? undefined : literal[service]
  if (service === undefined || typeof below !== 'object') return literal
  const { [service]: _, ...others } = literal
  const { '.': __, ...lifted } = below
  return { ...others, ...lifted }
}

function writeOut(overrides: Record<string, unknown>, root: Manifest): Overrides {
  return Object.fromEntries(
    Object.entries(overrides).flatMap(([key, value]): [string, string | Overrides][] => {
      if (isObject(value)) return [[key, writeOut(value, root)]]
      if (typeof value !== 'string') return []
      return [[key, value.startsWith('$') ? (referred(root, value.slice(1)) ?? value) : value]]
    }),
  )
}

/** In npm's order for references, which is not the one of dependencies (arborist, `edge.js`). */
function referred(root: Manifest, name: string): string | undefined {
  for (const group of ['devDependencies', 'optionalDependencies', 'dependencies']) {
    const specs = root[group]
    if (isObject(specs) && typeof specs[name] === 'string') return specs[name]
  }
  return listed(root, name)?.spec
}

/**
 * The spec that a direct dependency must have beside these overrides: npm refuses one that an override would change
 * (`EOVERRIDE`), which a package gets into that was not direct before.
 */
export function underOverrides(overrides: Overrides | undefined, name: string, spec: string): string {
  for (const [key, value] of Object.entries(overrides ?? {})) {
    const rule = npa(key)
    if (rule.name !== name) continue
    const range = key === name ? '*' : key.slice(name.length + 1)
    if (range !== '*' && !ruleApplies(name, spec, range)) continue
    const own = typeof value === 'string' ? value || '*' : value['.']
    const wanted = typeof own === 'string' ? own : range
    return wanted === '*' ? spec : wanted
  }
  return spec
}

function ruleApplies(name: string, spec: string, range: string): boolean {
  const parsed = npa(`${name}@${spec}`)
  const { type, fetchSpec } =
    parsed.type === 'alias' && 'subSpec' in parsed ? (parsed as npa.AliasResult).subSpec : parsed
  if (type !== 'range' && type !== 'version') return true
  return semver.intersects(fetchSpec ?? '*', range)
}
