import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import type { BentoError } from '../../../src/core/errors.js'
import { packagesOf, TestProject } from './project.js'

const DIFF = `diff --git a/index.js b/index.js
--- a/index.js
+++ b/index.js
@@ -1 +1,2 @@
 line
+more
`

async function failure(promise: Promise<unknown>): Promise<BentoError> {
  return promise.then(
    () => expect.unreachable('it should fail'),
    error => error as BentoError,
  )
}

/** A project of npm 12 that patches hono, as `npm patch` leaves it. */
function npmPatched(): TestProject {
  const project = new TestProject('plain')
  project.write('patches/hono.patch', DIFF)
  const integrity = `sha512-${createHash('sha512').update(DIFF).digest('base64')}`
  project.edit('package-lock.json', lock => {
    lock.lockfileVersion = 4
    lock.packages['node_modules/hono'].patched = { path: 'patches/hono.patch', integrity }
  })
  project.edit('package.json', manifest => {
    manifest.patchedDependencies = { 'hono@4': 'patches/hono.patch', 'gone@1.0.0': 'patches/gone.patch' }
  })
  return project
}

it('patches of npm 12 go along, for whatever npm installs the bento', async () => {
  const project = npmPatched()
  const locked = await project.lock(['hono'])
  expect(locked.patches).toEqual([
    {
      package: 'node_modules/hono',
      from: project.path('patches/hono.patch'),
      to: 'bento-patches/hono.patch',
      prefix: '',
    },
  ])
  expect(JSON.parse(locked.lock).lockfileVersion).toBe(3)
  expect(packagesOf(locked)['node_modules/hono'].patched).toBeUndefined()
  expect(locked.packageJson.patchedDependencies).toBeUndefined()
})

it('a patch that npm 12 locked otherwise is stale', async () => {
  const project = npmPatched()
  project.write('patches/hono.patch', DIFF.replace('more', 'else'))
  const error = await failure(project.lock(['hono']))
  expect(error.code).toBe('LOCK_STALE')
  expect(error.message).toContain('the patch patches/hono.patch was changed')
})

it('patches of patch-package go along, for the place that their name tells', async () => {
  const project = new TestProject('patch-package')
  const { patches, warnings } = await project.lock(['to-regex-range'])
  expect(patches).toEqual([
    {
      package: 'node_modules/is-number',
      from: project.path('patches/is-number+7.0.0.patch'),
      to: 'bento-patches/is-number+7.0.0.patch',
      prefix: 'node_modules/is-number/',
    },
  ])
  expect(warnings).toEqual([])
})

it('patches of patch-package need its use, and those for development stay', async () => {
  const project = new TestProject('patch-package')
  project.write('patches/to-regex-range+5.0.1.dev.patch', DIFF)
  expect((await project.lock(['to-regex-range'])).patches).toHaveLength(1)
  const without = new TestProject('plain')
  without.write('patches/hono+4.0.0.patch', DIFF)
  expect((await without.lock(['hono'])).patches).toEqual([])
})

it('a patch of patch-package for another version is warned of', async () => {
  const project = new TestProject('patch-package')
  project.write('patches/to-regex-range+5.0.0.patch', DIFF)
  const { warnings } = await project.lock(['to-regex-range'])
  expect(warnings).toEqual([
    'patches/to-regex-range+5.0.0.patch was made for to-regex-range@5.0.0, the bento has 5.0.1.',
  ])
})

it('patches of pnpm go along to every package that they are for', async () => {
  const project = new TestProject('pnpm-workspace')
  const { patches, packageJson } = await project.lock(['is-number'], { member: 'packages/app' })
  expect(patches.map(({ package: place, to, prefix }) => ({ place, to, prefix }))).toEqual([
    { place: 'node_modules/is-number', to: 'bento-patches/is-number@7.0.0.patch', prefix: '' },
  ])
  expect(packageJson.patchedDependencies).toBeUndefined()
})

it('a binary patch is refused', async () => {
  const project = new TestProject('patch-package')
  project.write('patches/is-number+7.0.0.patch', 'diff --git a/x b/x\nGIT binary patch\n')
  const error = await failure(project.lock(['is-number']))
  expect(error.code).toBe('LOCK_UNSUPPORTED')
  expect(error.message).toContain('patches/is-number+7.0.0.patch')
})

it('a new patch reaches the bento although the lock is the same', async () => {
  const project = new TestProject('patch-package')
  project.write('node_modules/.keep', '')
  await project.lock(['to-regex-range'])
  project.write('patches/to-regex-range+5.0.1.patch', DIFF)
  expect((await project.lock(['to-regex-range'])).patches).toHaveLength(2)
})
