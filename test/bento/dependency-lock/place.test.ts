import fc from 'fast-check'
import { expect, it } from 'vitest'
import { hoist } from '../../../src/bento/dependency-lock/hoist.js'
import type { LockEntry, LockFile } from '../../../src/bento/dependency-lock/lock-file.js'
import { closure, edgesOf, followLink, splitLocation } from '../../../src/bento/dependency-lock/lock-graph.js'
import { localHome, place } from '../../../src/bento/dependency-lock/place.js'
import { resolveFrom } from '../../../src/bento/dependency-lock/resolve-from.js'
import { isBentoError } from '../../../src/core/errors.js'

const NAMES = ['a', 'b', 'c', '@s/d', 'lib']
const SERVICE = 'packages/app'

/** Locations of a workspace: hoisted and nested packages, below the root, the service and a member. */
const location = fc
  .tuple(
    fc.constantFrom('', `${SERVICE}/`, 'packages/lib/'),
    fc.array(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 3 }),
  )
  .map(([top, names]) => top + names.map(name => `node_modules/${name}`).join('/'))

const lockFile = fc
  .tuple(fc.uniqueArray(location, { minLength: 1, maxLength: 14 }), fc.infiniteStream(fc.subarray(NAMES)))
  .map(([locations, wants]): LockFile => {
    const packages = new Map<string, LockEntry>([['', {}]])
    const add = (key: string) => {
      const names: string[] = wants.next().value ?? []
      packages.set(key, { version: '1.0.0', dependencies: Object.fromEntries(names.map(name => [name, '1.0.0'])) })
    }
    add(SERVICE)
    add('packages/lib')
    for (const key of locations.sort((a, b) => a.length - b.length)) {
      // The link to a member has no packages below it, and each package lies in one that is there.
      const { holder, name } = splitLocation(key)
      if (key.startsWith('node_modules/lib') || (holder !== '' && !packages.has(holder)) || name === 'lib') continue
      add(key)
    }
    packages.set('node_modules/lib', { resolved: 'packages/lib', link: true })
    const find = (from: string, name: string) => resolveFrom(key => packages.has(key), from, name)
    return { manager: 'npm' as const, path: 'package-lock.json', packages, find }
  })

/** Packages that want other versions of one another in turn (one in 20,000 of these) have no tree at some roots. */
function unlessEndless<T>(layOut: () => T): T {
  try {
    return layOut()
  } catch (error) {
    fc.pre(!isBentoError(error, 'DEPENDENCY_CONFLICT'))
    throw error
  }
}

it.each([
  ['where npm placed it', place],
  [
    'without a place of its own',
    (lock: LockFile, roots: ReadonlyMap<string, string>, kept: ReadonlySet<string>) => hoist(lock, roots, kept),
  ],
])('lets every package find what it found before, %s', (_, layOut) => {
  fc.assert(
    fc.property(
      lockFile,
      fc.subarray(NAMES, { minLength: 1 }),
      fc.constantFrom('', SERVICE),
      (lock, imports, service) => {
        const { packages, find } = lock
        const roots = new Map(
          imports.flatMap((name): [string, string][] => {
            const found = find(service, name)
            return found === undefined ? [] : [[name, found]]
          }),
        )
        const kept = closure(lock, roots.values())
        const layout = unlessEndless(() => layOut(lock, roots, kept, service))
        for (const [name, source] of roots) expect(layout.get(`node_modules/${name}`)).toBe(source)
        for (const [home, source] of layout) {
          const entry = packages.get(source) ?? {}
          if (entry.link === true) {
            expect(layout.get(localHome(lock, followLink(packages, source)))).toBe(followLink(packages, source))
            continue
          }
          for (const edge of edgesOf(entry)) {
            const target = find(source, edge.name)
            if (target === undefined) continue
            const found = resolveFrom(key => layout.has(key), home, edge.name)
            expect(layout.get(found ?? '')).toBe(target)
          }
        }
        expect(new Set([...layout.values()])).toEqual(kept)
      },
    ),
    { numRuns: 1000 },
  )
})

it('packages that want one another in turn, in versions that npm can only nest, are told instead of nested without end', () => {
  const entries = ['a1', 'b2', 'a2', 'b1'] as const
  const next = new Map(
    entries.map((id, index) => [`node_modules/.pnpm/${id}`, `node_modules/.pnpm/${entries[(index + 1) % 4]}`]),
  )
  const packages = new Map<string, LockEntry>([['', {}]])
  for (const [from, to] of next) {
    const [id = '', other = ''] = [from, to].map(location => location.slice(-2))
    packages.set(from, { name: id[0] ?? '', version: id.slice(1), dependencies: { [other[0] ?? '']: other.slice(1) } })
  }
  const lock: LockFile = { manager: 'pnpm', path: 'pnpm-lock.yaml', packages, find: from => next.get(from) }
  const roots = new Map([['a', 'node_modules/.pnpm/a1']])
  expect(() => hoist(lock, roots, closure(lock, roots.values()))).toThrow(/needs .*, for which npm has no place/)
})
