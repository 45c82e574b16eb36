import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import type { BentoError } from '../../../src/core/errors.js'
import { locations, packagesOf, TestProject } from './project.js'

const ALL = ['bufferutil', 'debug', 'is-number', 'picomatch', 'react', 'react-dom', 'sharp', 'width']

/** `name@version` and integrity of everything in a project's pnpm lock. */
function locked(project: TestProject): Map<string, string> {
  const { packages } = parse(readFileSync(project.path('pnpm-lock.yaml'), 'utf8'))
  return new Map(
    Object.entries<{ resolution: { integrity: string } }>(packages).map(([key, { resolution }]) => [
      key,
      resolution.integrity,
    ]),
  )
}

async function failure(promise: Promise<unknown>): Promise<BentoError> {
  return promise.then(
    () => expect.unreachable('it should fail'),
    error => error as BentoError,
  )
}

it('a pnpm workspace gives its very versions and integrity, without registry and node_modules', async () => {
  const project = new TestProject('pnpm-workspace')
  const made = await project.lock(ALL, { member: 'packages/app' })
  const known = locked(project)
  for (const location of locations(made)) {
    const entry = packagesOf(made)[location]
    const name = entry.name ?? location.slice(location.lastIndexOf('node_modules/') + 'node_modules/'.length)
    expect(known.get(`${name}@${entry.version}`)).toBe(entry.integrity)
  }
  expect(made.lock).not.toContain('resolved')
})

it('specs, catalogs and aliases of pnpm become what npm reads', async () => {
  const { packageJson } = await new TestProject('pnpm-workspace').lock(ALL, { member: 'packages/app' })
  expect(packageJson.dependencies).toEqual({
    bufferutil: '^4.1.0',
    debug: '^4.4.0',
    'is-number': '7.0.0',
    picomatch: '^4.0.3',
    react: '^18.2.0',
    'react-dom': '^18.2.0',
    sharp: '^0.34.0',
    width: 'npm:string-width@^4.2.3',
  })
  expect(packageJson.allowScripts).toEqual({ bufferutil: true })
})

it('an override of pnpm holds without being named', async () => {
  const made = await new TestProject('pnpm-workspace').lock(['debug'], { member: 'packages/app' })
  expect(packagesOf(made)['node_modules/ms'].version).toBe('2.1.2')
})

it('every platform of the pnpm lock stays, with what says where it fits', async () => {
  const made = await new TestProject('pnpm-workspace').lock(['sharp'], { member: 'packages/app' })
  const binaries = locations(made).filter(location => location.includes('@img/sharp-'))
  expect(binaries.length).toBeGreaterThanOrEqual(24)
  expect(packagesOf(made)['node_modules/@img/sharp-linuxmusl-x64']).toMatchObject({
    os: ['linux'],
    cpu: ['x64'],
    libc: ['musl'],
    optional: true,
  })
})

it('what a buildless package of the pnpm workspace imports is locked from its own folder', async () => {
  const project = new TestProject('pnpm-workspace')
  const micromatch = project.import('micromatch', 'packages/shared/src/index.ts')
  const made = await project.lock(['picomatch', micromatch], { member: 'packages/app' })
  expect(made.direct).toEqual({ micromatch: '4.0.8', picomatch: '4.0.7' })
  expect(packagesOf(made)['node_modules/micromatch/node_modules/picomatch'].version).toBe('2.3.2')
})

it('a workspace package that stays outside travels with what its own importer locked', async () => {
  const project = new TestProject('pnpm-workspace')
  const made = await project.lock(['@acme/shared', 'picomatch'], { member: 'packages/app' })
  expect(made.localPackages.map(({ to, packageJson }) => [to, packageJson.dependencies])).toEqual([
    [
      'local-packages/@acme/shared',
      { micromatch: '^4.0.8', picomatch: '^2.3.1', react: '^17.0.2', 'use-sync-external-store': '^1.2.0' },
    ],
  ])
  const version = (location: string) => packagesOf(made)[location]?.version
  expect(version('node_modules/picomatch')).toBe('4.0.7')
  expect(version('local-packages/@acme/shared/node_modules/picomatch')).toBe('2.3.2')
  expect(made.direct).toEqual({ '@acme/shared': '1.0.0', picomatch: '4.0.7' })
})

it.each([
  ['a hook', 'settings:\n', 'pnpmfileChecksum: sha256-x\nsettings:\n'],
  ['an ignored optional dependency', 'settings:\n', 'ignoredOptionalDependencies:\n  - extra-*\nsettings:\n'],
])('%s of pnpm makes no lock stale', async (_, from, to) => {
  const project = new TestProject('pnpm-workspace')
  project.edit('packages/app/package.json', manifest =>
    Object.assign(manifest, { optionalDependencies: { 'extra-x': '1' } }),
  )
  replace(project, 'pnpm-lock.yaml', from, to)
  expect((await project.lock(['debug'], { member: 'packages/app' })).direct).toEqual({ debug: '4.4.3' })
})

it('peers are those that pnpm took, and stay beside who needs them', async () => {
  const project = new TestProject('pnpm-workspace')
  const store = project.import('use-sync-external-store', 'packages/shared/src/index.ts')
  const made = await project.lock([store], { member: 'packages/app' })
  expect(packagesOf(made)['node_modules/react'].version).toBe('17.0.2')
})

it('two direct packages that need different peers at one place are a conflict that names them', async () => {
  const project = new TestProject('pnpm-workspace')
  const store = project.import('use-sync-external-store', 'packages/shared/src/index.ts')
  const error = await failure(project.lock(['react-dom', store], { member: 'packages/app' }))
  expect(error.code).toBe('DEPENDENCY_CONFLICT')
  expect(error.message).toMatch(/use-sync-external-store@1\.7\.0 needs react@17\.0\.2|react-dom.* needs react@18/)
})

it('one name that means two versions in a pnpm workspace names both importers', async () => {
  const project = new TestProject('pnpm-workspace')
  const shared = project.import('picomatch', 'packages/shared/src/index.ts')
  const error = await failure(project.lock(['picomatch', shared], { member: 'packages/app' }))
  expect(error.code).toBe('DEPENDENCY_CONFLICT')
  expect(error.message).toContain(`picomatch@2.3.2`)
  expect(error.message).toContain(`picomatch@4.0.7`)
  expect(error.message).toContain('packages/shared/src/index.ts')
})

it.each<[string, (project: TestProject) => void, string]>([
  [
    'a specifier',
    project =>
      project.edit('packages/app/package.json', manifest => Object.assign(manifest.dependencies, { debug: '^4.3.0' })),
    '@acme/app wants debug@^4.3.0, the lock was made for ^4.4.0',
  ],
  [
    'a new dependency',
    project =>
      project.edit('packages/shared/package.json', manifest => Object.assign(manifest.dependencies, { ms: '^2.0.0' })),
    '@acme/shared wants ms@^2.0.0, the lock has none',
  ],
  [
    'a removed dependency',
    project => project.edit('packages/app/package.json', manifest => delete manifest.dependencies.react),
    '@acme/app no longer wants react, the lock has it',
  ],
  [
    'a catalog',
    project => replace(project, 'pnpm-workspace.yaml', '^2.3.1', '^2.2.0'),
    'the catalog old wants picomatch@^2.2.0, the lock was made for ^2.3.1',
  ],
  [
    'an override',
    project => replace(project, 'pnpm-workspace.yaml', 'ms: 2.1.2', 'ms: 2.1.3'),
    'the override of debug>ms is 2.1.3, the lock was made for 2.1.2',
  ],
  [
    'a patch',
    project => replace(project, 'patches/is-number@7.0.0.patch', "'patched'", "'changed'"),
    'the patch of is-number@7.0.0 was changed',
  ],
])('%s that changed since pnpm wrote its lock is told', async (_, change, told) => {
  const project = new TestProject('pnpm-workspace')
  change(project)
  const error = await failure(project.lock(['debug'], { member: 'packages/app' }))
  expect(error.code).toBe('LOCK_STALE')
  expect(error.message).toContain(told)
  expect(error.message).toContain('pnpm install')
})

it('the lock of pnpm 11 and later, with the hash of a patch alone and a document of its own, gives the same', async () => {
  const project = new TestProject('pnpm-workspace')
  const imports = ['debug', 'is-number']
  const first = await project.lock(imports, { member: 'packages/app' })
  const own = "lockfileVersion: '9.0'\nimporters:\n  .:\n    packageManagerDependencies: {}\n---\n"
  const later = project.text('pnpm-lock.yaml').replace(/:\n {4}hash: (\w+)\n {4}path: .*\n/, ': $1\n')
  expect(later).toMatch(/is-number@7\.0\.0: [0-9a-f]{64}\n/)
  project.write('pnpm-lock.yaml', own + later)
  const second = await project.lock(imports, { member: 'packages/app' })
  expect(second).toEqual(first)
  expect(second.patches).toHaveLength(1)
})

it('a pnpm lock of an older version says how to bring it to date', async () => {
  const project = new TestProject('pnpm-workspace')
  replace(project, 'pnpm-lock.yaml', "lockfileVersion: '9.0'", "lockfileVersion: '6.0'")
  const error = await failure(project.lock(['debug'], { member: 'packages/app' }))
  expect(error.code).toBe('LOCK_UNSUPPORTED')
  expect(error.message).toContain('pnpm install --lockfile-only')
})

it('an unsafe name in a pnpm lock is refused', async () => {
  const project = new TestProject('pnpm-workspace')
  replace(project, 'pnpm-lock.yaml', '  ms@2.1.2: {}', "  '../../x@2.1.2': {}")
  const error = await failure(project.lock(['debug'], { member: 'packages/app' }))
  expect(error.code).toBe('LOCK_INVALID')
  expect(error.message).toContain('../../x@2.1.2')
})

it('a name that only the emitted code or an option shows is looked for in every package of the workspace', async () => {
  const project = new TestProject('pnpm-workspace')
  const required = { specifier: 'micromatch', packageName: 'micromatch', importer: undefined, kind: 'require' as const }
  const options = { member: 'packages/app', include: ['tinyglobby'] }
  const made = await project.lock([required], options)
  expect(made.direct).toEqual({ micromatch: '4.0.8', tinyglobby: '0.2.17' })
  expect(made.warnings).toEqual([])
})

it('a tarball of a private registry stays a version', async () => {
  const project = new TestProject('pnpm-workspace')
  const url = 'https://npm.example/files/3f2a/ms.tgz'
  replace(project, 'pnpm-lock.yaml', /(ms@2\.1\.2:\n {4}resolution: \{integrity: [^}]*)\}/, `$1, tarball: ${url}}`)
  const entries = packagesOf(await project.lock(['debug'], { member: 'packages/app' }))
  expect(entries['node_modules/ms'].resolved).toBe(url)
  expect(entries['node_modules/debug'].dependencies).toEqual({ ms: '2.1.2' })
})

it('a folder that the pnpm lock does not cover is told', async () => {
  const project = new TestProject('pnpm-workspace')
  project.write('other/package.json', { name: 'other', dependencies: { ms: '^2.0.0' } })
  const error = await failure(project.lock(['ms'], { member: 'other' }))
  expect(error.code).toBe('LOCK_MISSING')
  expect(error.message).toContain('pnpm-workspace.yaml')
})

it('tarballs, folders and aliases of pnpm go along as npm has them', async () => {
  const project = new TestProject('pnpm')
  const made = await project.lock(['linked', 'mri-url', 'packed', 'semver'])
  expect(made.packageJson.dependencies).toEqual({
    linked: 'file:./local-packages/linked',
    'mri-url': 'npm:mri@1.2.0',
    packed: 'file:local-packages/vendor/packed-1.0.0.tgz',
    semver: '^7.0.0',
  })
  expect(made.files).toEqual([
    { from: project.path('vendor/packed-1.0.0.tgz'), to: 'local-packages/vendor/packed-1.0.0.tgz' },
  ])
  expect(made.localPackages.map(({ to, packageJson }) => [to, packageJson.dependencies])).toEqual([
    ['local-packages/linked', { ms: '2.1.3' }],
  ])
  expect(packagesOf(made)['node_modules/ms'].version).toBe('2.1.3')
})

it('a folder that pnpm links knows nothing of its dependencies, which is told', async () => {
  const error = await failure(new TestProject('pnpm').lock(['beside']))
  expect(error.code).toBe('LOCK_INCOMPLETE')
  expect(error.message).toContain('beside@2.0.0, which is linked, wants ms')
})

it('programs are read where pnpm installed them, and missed ones are told where install scripts run', async () => {
  const project = new TestProject('pnpm')
  const bare = await project.lock(['bufferutil'])
  expect(bare.warnings).toEqual([expect.stringContaining('The programs of node-gyp-build@4.8.4 are not known')])
  project.write('node_modules/.pnpm/lock.yaml', '')
  project.write('node_modules/.pnpm/node-gyp-build@4.8.4/node_modules/node-gyp-build/package.json', {
    name: 'node-gyp-build',
    version: '4.8.4',
    bin: { 'node-gyp-build': './bin.js' },
  })
  const made = await project.lock(['bufferutil'])
  expect(made.warnings).toEqual([])
  expect(packagesOf(made)['node_modules/node-gyp-build'].bin).toEqual({ 'node-gyp-build': 'bin.js' })
  expect(packagesOf(made)['node_modules/bufferutil'].hasInstallScript).toBe(true)
})

const SHA = 'a'.repeat(40)

it.each([
  [`https://codeload.github.com/acme/lib/tar.gz/${SHA}`, `git+ssh://git@github.com/acme/lib.git#${SHA}`],
  [
    `https://gitlab.com/api/v4/projects/acme%2Flib/repository/archive.tar.gz?ref=${SHA}`,
    `git+ssh://git@gitlab.com/acme/lib.git#${SHA}`,
  ],
  [`https://bitbucket.org/acme/lib/get/${SHA}.tar.gz`, `git+ssh://git@bitbucket.org/acme/lib.git#${SHA}`],
])('a commit that pnpm fetches from %s stays a git dependency', async (tarball, resolved) => {
  const made = await gitProject(`{tarball: ${tarball}}`, tarball).lock(['lib'])
  expect(packagesOf(made)['node_modules/lib']).toMatchObject({ version: '1.2.3', resolved })
  expect(made.packageJson.dependencies).toEqual({ lib: resolved })
  expect(made.warnings.join()).toContain('git dependency')
})

it('a commit of a repository elsewhere stays a git dependency, a folder in it can not', async () => {
  const repo = 'git@git.example:acme/lib.git'
  const key = `git+ssh://git@git.example/acme/lib.git#${SHA}`
  const resolution = `type: git, repo: '${repo}', commit: ${SHA}`
  const made = await gitProject(`{${resolution}}`, key).lock(['lib'])
  expect(packagesOf(made)['node_modules/lib'].resolved).toBe(`git+ssh://git@git.example/acme/lib.git#${SHA}`)
  const error = await failure(gitProject(`{${resolution}, path: /packages/x}`, key).lock(['lib']))
  expect(error.code).toBe('LOCK_UNSUPPORTED')
  expect(error.message).toContain('lib@1.2.3 is a folder within a git repository')
})

it('a tarball without integrity, and one whose address holds a credential, are refused', async () => {
  const plain = 'https://files.example/lib.tgz'
  const without = await failure(gitProject(`{tarball: ${plain}}`, plain).lock(['lib']))
  expect(without.code).toBe('LOCK_INCOMPLETE')
  const secret = 'https://bob:s3cret@files.example/lib.tgz'
  const integrity = `integrity: sha512-${'A'.repeat(86)}==`
  const error = await failure(gitProject(`{${integrity}, tarball: '${secret}'}`, secret).lock(['lib']))
  expect(error.code).toBe('LOCK_UNSUPPORTED')
  expect(error.message).not.toContain('s3cret')
})

/** A project whose one dependency is no registry's. */
function gitProject(resolution: string, key: string): TestProject {
  const project = new TestProject()
  project.write('package.json', { name: 'x', version: '1.0.0', dependencies: { lib: 'wherever' } })
  project.write(
    'pnpm-lock.yaml',
    `lockfileVersion: '9.0'
importers:
  .:
    dependencies:
      lib:
        specifier: wherever
        version: '${key}'
packages:
  'lib@${key}':
    resolution: ${resolution}
    version: 1.2.3
snapshots:
  'lib@${key}': {}
`,
  )
  return project
}

function replace(project: TestProject, path: string, from: string | RegExp, to: string): void {
  project.write(path, project.text(path).replace(from, to))
}
