import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import type { LockedDependencies } from '../../src/bento/types.js'
import { prepareEnvironment } from '../../src/serve/install.js'
import { locations, TestProject } from '../bento/dependency-lock/project.js'

/** Writes what a bento's `src/` has of a locked project, and installs it with the real npm. */
function install(locked: LockedDependencies, ...options: string[]): TestProject {
  const bento = new TestProject()
  bento.write('package.json', locked.packageJson)
  bento.write('package-lock.json', locked.lock)
  if (locked.npmrc !== undefined) bento.write('.npmrc', locked.npmrc)
  for (const { from, to } of locked.files) {
    mkdirSync(dirname(bento.path(to)), { recursive: true })
    cpSync(from, bento.path(to))
  }
  for (const { from, to, files, packageJson } of locked.localPackages) {
    bento.write(join(to, 'package.json'), packageJson)
    for (const file of files) {
      mkdirSync(dirname(bento.path(to, file)), { recursive: true })
      cpSync(join(from, file), bento.path(to, file))
    }
  }
  npm(bento, 'ci', '--ignore-scripts', '--prefer-offline', ...options)
  return bento
}

function npm(project: TestProject, ...args: string[]): string {
  return execFileSync('npm', [...args, '--no-audit', '--no-fund'], {
    cwd: project.root,
    encoding: 'utf8',
    stdio: 'pipe',
  })
}

/** What a module of the bento's folder prints. */
function run(project: TestProject, code: string): string {
  writeFileSync(project.path('probe.mjs'), code)
  return execFileSync(process.execPath, ['probe.mjs'], { cwd: project.root, encoding: 'utf8' }).trim()
}

const CASES: [string, string[], string?][] = [
  ['plain', ['hono', 'pino']],
  ['alias', ['cookie-old', 'cookie', 'ms-alias']],
  ['override', ['debug', 'send']],
  ['dev', ['debug']],
  ['peer', ['react-dom']],
  ['bundled', ['abbrev', '@tailwindcss/oxide-wasm32-wasi']],
  ['file', ['packed', 'linked']],
  ['tag', ['ms']],
  ['legacy', ['use-sync-external-store', 'react', 'react-redux']],
  ['forced', ['use-sync-external-store', 'react-redux']],
  ['workspace', ['@acme/lib', 'picomatch', 'tinyglobby'], 'packages/app'],
  ['workspace', ['@acme/tool', 'picomatch']],
  ['pnpm-workspace', ['debug', 'is-number', 'picomatch', 'react-dom', 'react', 'width'], 'packages/app'],
  ['pnpm', ['linked', 'mri-url', 'packed', 'semver']],
]

it.each(CASES)(
  'the lock made from %s for %j is installed by npm ci, and npm install leaves it as it is',
  async (fixture, imports, member = '') => {
    const locked = await new TestProject(fixture).lock(imports, { member })
    const bento = install(locked)
    for (const name of imports) {
      if (name.includes('wasm32')) continue
      expect(bento.json(join('node_modules', name, 'package.json')).version).toBe(locked.direct[name])
    }
    npm(bento, 'install', '--package-lock-only', '--ignore-scripts', '--prefer-offline')
    expect(bento.text('package-lock.json')).toBe(locked.lock)
  },
)

it('an override that leaves its parent’s range is what runs', async () => {
  const locked = await new TestProject('override').lock(['debug', 'send'])
  const bento = install(locked)
  const code = `import { createRequire } from 'node:module'
    const require = createRequire(import.meta.url)
    const debug = createRequire(require.resolve('debug'))
    const send = createRequire(require.resolve('send'))
    console.log(debug('ms/package.json').version, send('mime/package.json').version, send('fresh/package.json').version)`
  expect(run(bento, code)).toBe(run(install(locked, '--offline'), code))
  expect(run(bento, code)).toMatch(/^2\.0\.0 3\.\d+\.\d+ 2\.0\.0$/)
})

it('a workspace member and a package of the workspace each find their own versions', async () => {
  const project = new TestProject('workspace')
  const locked = await project.lock(['@acme/lib', 'picomatch', 'tinyglobby'], { member: 'packages/app' })
  const bento = install(locked)
  const code = `import ms from '@acme/lib'
    import { createRequire } from 'node:module'
    import { realpathSync } from 'node:fs'
    const require = createRequire(import.meta.url)
    const glob = createRequire(require.resolve('tinyglobby'))
    const tool = createRequire(realpathSync('node_modules/@acme/tool/package.json'))
    console.log(ms('1s'), ...[require, glob, tool].map(find => find('picomatch/package.json').version[0]))`
  expect(run(bento, code)).toBe('1000 2 4 4')
})

it('every platform of sharp stays in the lock, and the one of this machine is installed', async () => {
  const locked = await new TestProject('platforms').lock(['sharp'])
  const bento = install(locked)
  expect(locations(locked).filter(location => location.includes('@img/sharp-')).length).toBeGreaterThanOrEqual(24)
  expect(run(bento, `import sharp from 'sharp'; console.log(typeof sharp.versions.vips)`)).toBe('string')
})

it('bento serve installs a lock with peers that npm was told to ignore', async () => {
  const locked = await new TestProject('legacy').lock(['use-sync-external-store', 'react', 'react-redux'])
  const [bento, home] = [new TestProject(), new TestProject()]
  bento.write('package.json', locked.packageJson)
  bento.write('package-lock.json', locked.lock)
  bento.write('.npmrc', `git=./evil.sh\n${locked.npmrc}`)
  const { signal } = new AbortController()
  const request = { source: bento.root, home: home.root, envs: [], env: process.env, signal, onLine: () => {} }
  const folder = await prepareEnvironment(request)
  expect(existsSync(join(folder, 'node_modules', 'react-redux', 'package.json'))).toBe(true)
})
