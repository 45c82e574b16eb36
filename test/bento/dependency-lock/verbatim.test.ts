import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { packagesOf, TestProject } from './project.js'

const FLAGS = ['dev', 'optional', 'devOptional', 'peer']

function withoutFlags(entry: Record<string, unknown>): unknown {
  return Object.fromEntries(Object.entries(entry).filter(([field]) => !FLAGS.includes(field)))
}

/** Names a service of the fixture could import: all that lies at the top of its node_modules. */
function importable(project: TestProject): string[] {
  return Object.keys(project.json('package-lock.json').packages)
    .filter(location => /^node_modules\/(?:@[^/]+\/)?[^/]+$/.test(location))
    .map(location => location.slice('node_modules/'.length))
}

describe.each(['plain', 'override', 'drivers', 'platforms', 'bundled', 'peer', 'alias'])(
  'any imports of %s',
  fixture => {
    it('give a lock whose entries are those of the project, word for word', { timeout: 120_000 }, async () => {
      const project = new TestProject(fixture)
      const source = project.json('package-lock.json').packages
      const names = importable(project)
      await fc.assert(
        fc.asyncProperty(fc.subarray(names, { minLength: 1, maxLength: Math.min(4, names.length) }), async chosen => {
          const locked = await project.lock(chosen)
          const { '': root, ...made } = packagesOf(locked)
          expect(root.dependencies ?? {}).toEqual(locked.packageJson.dependencies ?? {})
          expect(Object.keys(locked.direct)).toEqual(expect.arrayContaining(chosen))
          for (const [location, entry] of Object.entries(made)) {
            expect(withoutFlags(entry)).toEqual(withoutFlags(source[location]))
            expect(entry).not.toHaveProperty('dev')
          }
        }),
        { numRuns: 8 },
      )
    })
  },
)

it('keeps fields that this arborist does not know', async () => {
  const project = new TestProject('plain')
  project.edit('package-lock.json', lock => {
    lock.packages['node_modules/hono'].packageExtensionsApplied = true
  })
  const locked = await project.lock(['hono'])
  expect(packagesOf(locked)['node_modules/hono'].packageExtensionsApplied).toBe(true)
})

it('leaves out machines: a lock without "resolved" gives one without any address', async () => {
  const project = new TestProject('platforms')
  const locked = await project.lock(['sharp'])
  expect(JSON.stringify({ ...locked, localPackages: [], files: [] })).not.toContain(project.root)
  expect(locked.lock).not.toMatch(/"resolved"/)
})

it('does not depend on the folder', async () => {
  const [a, b] = [new TestProject('workspace'), new TestProject('workspace')]
  const imports = ['@acme/lib', 'tinyglobby', 'picomatch']
  const [first, second] = await Promise.all([a, b].map(each => each.lock(imports, { member: 'packages/app' })))
  expect(first?.lock).toBe(second?.lock)
  expect(first?.packageJson).toEqual(second?.packageJson)
})
