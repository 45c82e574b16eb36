import { once } from 'node:events'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { bento, finished, startBento } from '../support/cli.js'
import { scratchFolder, scratchHome } from '../support/home.js'

/** A bento that tells how it was started, and ends with 7. */
function echoBento(): string {
  const dir = scratchFolder()
  const project = { name: 'echo', version: '1.0.0', type: 'module' }
  const lock = { ...project, lockfileVersion: 3, requires: true, packages: { '': project } }
  mkdirSync(join(dir, 'src'))
  writeFileSync(join(dir, 'bento.yaml'), "service: ''\nname: echo\nversion: v1\nspec: 2\n")
  writeFileSync(join(dir, 'src/package.json'), JSON.stringify(project))
  writeFileSync(join(dir, 'src/package-lock.json'), JSON.stringify(lock))
  writeFileSync(
    join(dir, 'src/server.js'),
    'const { PORT, HOST } = process.env\nconsole.log(JSON.stringify([process.argv.slice(2), PORT, HOST]))\nprocess.exitCode = 7\n',
  )
  return dir
}

describe('bento serve', () => {
  it.each<[string, (dir: string) => string[], unknown]>([
    ['a folder', dir => [dir], [[], null, null]],
    ['the current folder', () => [], [[], null, null]],
    ['on a port and host', () => ['-p', '0', '--host', '127.0.0.1'], [[], '0', '127.0.0.1']],
    ['with arguments', dir => [dir, '--', '--flag', '-p', 'a'], [['--flag', '-p', 'a'], null, null]],
    ['the current folder with arguments', () => ['-q', '--', 'a', '--', '-h'], [['a', '--', '-h'], null, null]],
  ])('runs %s, and ends as the service does', async (_, args, said) => {
    const dir = echoBento()
    const { stdout, code } = await bento(['serve', ...args(dir)], { home: scratchHome(), cwd: dir })
    expect(JSON.parse(stdout)).toEqual(said)
    expect(code).toBe(7)
  })

  it("quotes npm's own words line by line", async () => {
    const home = scratchHome()
    const env = { npm_config_offline: 'true', npm_config_cache: join(home, 'cache'), PATH: process.env.PATH ?? '' }
    const { stderr, code } = await bento(['serve', needyBento()], { home, env })
    expect(stderr).toMatch(/^error \[INSTALL_FAILED\]: npm ci failed:\n {2}npm error code ENOTCACHED\n {2}npm error /m)
    expect(code).toBe(1)
  })

  it.skipIf(process.platform === 'win32')('ends as the signal says that broke off the install', async () => {
    const home = scratchHome()
    // A registry that takes calls and never answers.
    const registry = createServer(() => {}).listen(0, '127.0.0.1')
    onTestFinished(() => void registry.close())
    await once(registry, 'listening')
    const env = {
      npm_config_registry: `http://127.0.0.1:${(registry.address() as AddressInfo).port}`,
      npm_config_cache: join(home, 'cache'),
      PATH: process.env.PATH ?? '',
    }
    const child = startBento(['serve', needyBento()], { home, env })
    const end = finished(child)
    await once(registry, 'connection')
    child.kill('SIGTERM')
    const { stderr, code } = await end
    expect(stderr).toContain('error [SERVE_FAILED]: Stopped by SIGTERM before the service started.')
    expect(code).toBe(143)
    expect(readdirSync(join(home, 'tmp'))).toEqual([])
  })
})

/** An {@link echoBento} with a package to install that no cache holds. */
function needyBento(): string {
  const dir = echoBento()
  const project = { name: 'echo', version: '1.0.0', dependencies: { ms: '2.1.3' } }
  const packages = { '': project, 'node_modules/ms': { version: '2.1.3', integrity: `sha512-${'A'.repeat(86)}==` } }
  writeFileSync(join(dir, 'src/package.json'), JSON.stringify(project))
  writeFileSync(join(dir, 'src/package-lock.json'), JSON.stringify({ ...project, lockfileVersion: 3, packages }))
  return dir
}
