import { execFile, spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it, onTestFinished } from 'vitest'
import { packageService } from '../../src/bento/package-service.js'
import type { ServiceSnapshot } from '../../src/bento/types.js'
import { prepareEnvironment } from '../../src/serve/install.js'
import { packageOptions } from '../bento/built-service.js'
import { scratchFolder, scratchHome } from '../support/home.js'
import { freePort } from '../support/served.js'
import { TinyRegistry } from './serve-world.js'

interface World {
  snapshot: ServiceSnapshot
  /** Environment in which npm knows registry and cache. */
  env: NodeJS.ProcessEnv
  npm(folder: string, ...args: string[]): Promise<unknown>
}

/** A project that a real npm installed from a registry on the loopback, with a cache of its own. */
async function installedProject(
  files: Record<string, string>,
  entry: string,
  dependencies: Record<string, string> = { 'tiny-greet': '^1.0.0' },
  legacyPeers = false,
): Promise<World> {
  const registry = await new TinyRegistry([
    { name: 'tiny-greet', version: '1.2.0', dependencies: { 'tiny-word': '^2.0.0' } },
    { name: 'tiny-word', version: '2.1.0' },
    { name: 'tiny-tool', version: '1.0.0' },
    { name: 'tiny-plugin', version: '1.0.0', peerDependencies: { 'tiny-word': '^9.0.0' } },
  ]).start()
  const projectRoot = scratchFolder()
  const cache = scratchFolder()
  const env = {
    ...process.env,
    npm_config_registry: registry.url,
    npm_config_cache: cache,
    npm_config_omit_lockfile_registry_resolved: 'false',
  }
  // Never synchronously: the registry answers from this very process.
  const npm = (folder: string, ...args: string[]) =>
    promisify(execFile)('npm', [...args, '--no-audit', '--no-fund'], { cwd: folder, env })
  write(projectRoot, {
    'package.json': JSON.stringify({
      name: 'greeter',
      version: '1.0.0',
      type: 'module',
      dependencies,
      devDependencies: { 'tiny-tool': '^1.0.0' },
    }),
  })
  if (legacyPeers) write(projectRoot, { '.npmrc': 'legacy-peer-deps=true\n' })
  await npm(projectRoot, 'install')
  write(join(projectRoot, 'dist/server'), files)
  const snapshot: ServiceSnapshot = {
    projectRoot,
    service: join(projectRoot, 'service.ts'),
    outDir: join(projectRoot, 'dist/server'),
    files: Object.keys(files),
    entry,
    entryIsImported: false,
    mode: entry === 'service.js' ? 'handler' : 'program',
    externals: Object.keys(dependencies).map(name => ({
      specifier: name,
      packageName: name,
      importer: undefined,
      kind: 'static',
    })),
    pins: [],
    openapi: undefined,
    traced: [],
    outputs: [],
    bundler: 'vite 8',
  }
  return { snapshot, env, npm }
}

function write(folder: string, files: Record<string, string>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
}

/** Runs `node server.js` there and returns what `path` answers. */
async function answer(folder: string, path: string): Promise<string> {
  const port = await freePort()
  const env = { ...process.env, PORT: String(port), HOST: '127.0.0.1' }
  const child = spawn(process.execPath, ['server.js'], { cwd: folder, env, stdio: ['ignore', 'inherit', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  while (child.exitCode === null) {
    const response = await fetch(`http://127.0.0.1:${port}${path}`).catch(() => undefined)
    if (response !== undefined) return response.text()
  }
  throw new Error(`node server.js ended with ${child.exitCode}`)
}

const HANDLER = {
  'service.js':
    "import greet from 'tiny-greet'\nimport { where } from './assets/lazy.js'\nexport default { fetch: () => new Response(greet + where) }\n",
  'assets/lazy.js': "export const where = ' from a chunk'\n",
}

const PROGRAM = {
  'main.js':
    "import { createServer } from 'node:http'\nimport { fileURLToPath } from 'node:url'\nimport greet from 'tiny-greet'\n" +
    'if (process.argv[1] === fileURLToPath(import.meta.url)) createServer((_, r) => r.end(greet)).listen(process.env.PORT)\n',
}

it.each([
  ['a handler', HANDLER, 'service.js', 'tiny-greet 1.2.0 from a chunk'],
  ['a program', PROGRAM, 'main.js', 'tiny-greet 1.2.0'],
])('%s answers from a copy of src/ after npm ci without network', async (_what, files, entry, answered) => {
  const { snapshot, npm } = await installedProject(files, entry)
  const report = await packageService(snapshot, packageOptions(scratchHome(), { name: 'greeter' }))
  expect(report.packages).toMatchObject({ locked: 2, direct: { 'tiny-greet': '1.2.0' } })
  const copy = join(scratchFolder(), 'src')
  cpSync(join(report.path, 'src'), copy, { recursive: true })
  await npm(copy, 'ci', '--offline')
  expect(existsSync(join(copy, 'node_modules/tiny-word/package.json'))).toBe(true)
  expect(existsSync(join(copy, 'node_modules/tiny-tool'))).toBe(false)
  expect(await answer(copy, '/')).toBe(answered)
})

it('keeps legacy-peer-deps, by which its lock was made, for npm ci and for bento serve', async () => {
  const needs = { 'tiny-greet': '^1.0.0', 'tiny-plugin': '^1.0.0' }
  const { snapshot, env, npm } = await installedProject(HANDLER, 'service.js', needs, true)
  const home = scratchHome()
  const { path } = await packageService(snapshot, packageOptions(home, { name: 'greeter' }))
  const source = join(path, 'src')
  const copy = join(scratchFolder(), 'src')
  cpSync(source, copy, { recursive: true })
  await npm(copy, 'ci', '--offline')
  const { signal } = new AbortController()
  const folder = await prepareEnvironment({ source, home, envs: [], env, signal, onLine: () => undefined })
  for (const installed of [copy, folder]) expect(existsSync(join(installed, 'node_modules/tiny-plugin'))).toBe(true)
})

it('installs and starts as the Dockerfile says', async () => {
  const { snapshot, npm } = await installedProject(HANDLER, 'service.js')
  const { path } = await packageService(snapshot, packageOptions(scratchHome(), { name: 'greeter' }))
  const dockerfile = readFileSync(join(path, 'env/docker/Dockerfile'), 'utf8')
  const install = dockerfile.match(/^ {4}npm (ci .*)$/m)?.[1] ?? ''
  expect(install).not.toBe('')
  const image = join(scratchFolder(), 'bento')
  for (const [, from = '', to = ''] of dockerfile.matchAll(
    /^COPY (src\/package\.json src\/package-lock\.json|\S+) (\S+)$/gm,
  )) {
    // What is copied before npm ci goes to src/, the rest to the bento's folder, as WORKDIR says.
    for (const file of from.split(' ')) {
      const target = from.includes(' ')
        ? join(image, 'src', file.slice(4))
        : join(image, to, to.endsWith('/') && !from.endsWith('/') ? file : '')
      cpSync(join(path, file), target, { recursive: true })
    }
    if (from.includes(' ')) await npm(join(image, 'src'), ...install.split(' '), '--offline')
  }
  expect(await answer(join(image, 'src'), '/')).toBe('tiny-greet 1.2.0 from a chunk')
})
