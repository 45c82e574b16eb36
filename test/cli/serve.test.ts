import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { bento } from '../support/cli.js'
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
    const dir = echoBento()
    const home = scratchHome()
    const project = { name: 'echo', version: '1.0.0', dependencies: { ms: '2.1.3' } }
    const packages = { '': project, 'node_modules/ms': { version: '2.1.3', integrity: `sha512-${'A'.repeat(86)}==` } }
    writeFileSync(join(dir, 'src/package.json'), JSON.stringify(project))
    writeFileSync(join(dir, 'src/package-lock.json'), JSON.stringify({ ...project, lockfileVersion: 3, packages }))
    const env = { npm_config_offline: 'true', npm_config_cache: join(home, 'cache'), PATH: process.env.PATH ?? '' }
    const { stderr, code } = await bento(['serve', dir], { home, env })
    expect(stderr).toMatch(/^error \[INSTALL_FAILED\]: npm ci failed:\n {2}npm error code ENOTCACHED\n {2}npm error /m)
    expect(code).toBe(1)
  })
})
