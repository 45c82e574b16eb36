import { describe, expect, it } from 'vitest'
import { currentPlatform, environmentName, type Platform } from '../../src/serve/environment-key.js'
import { localPaths, readNpmProject } from '../../src/serve/locked-packages.js'

const LINUX: Platform = { platform: 'linux', arch: 'x64', libc: 'glibc', abi: '127' }

interface Change {
  name?: string
  version?: string
  integrity?: string
  more?: Record<string, unknown>
}

function project({ name = 'iris', version = '1.0.0', integrity = 'sha512-ms', more = {} }: Change = {}) {
  const lock = {
    name,
    version,
    lockfileVersion: 3,
    packages: {
      '': { name, version, dependencies: { ms: '2.1.3' } },
      'node_modules/ms': { version: '2.1.3', integrity },
    },
  }
  const packageJson = { name, version, type: 'module', dependencies: { ms: '2.1.3' }, ...more }
  return readNpmProject(JSON.stringify(packageJson), JSON.stringify(lock), 'src')
}

describe('the name of an environment', () => {
  const base = environmentName(project(), LINUX, {}, [])

  it('is a digest', () => {
    expect(base).toMatch(/^node-[0-9a-f]{32}$/)
    expect(environmentName(project(), LINUX, {}, [])).toBe(base)
  })

  it('is shared by bentos whose names, versions and scripts differ', () => {
    const more = { scripts: { start: 'node server.js' }, engines: { node: '>=20' }, main: 'server.js' }
    expect(environmentName(project({ name: 'digits', version: '2.0.0', more }), LINUX, {}, [])).toBe(base)
  })

  it.each<[string, string]>([
    ['lock', environmentName(project({ integrity: 'sha512-other' }), LINUX, {}, [])],
    ['overrides', environmentName(project({ more: { overrides: { ms: '2.1.3' } } }), LINUX, {}, [])],
    ['allowed scripts', environmentName(project({ more: { allowScripts: { ms: true } } }), LINUX, {}, [])],
    ['platform', environmentName(project(), { ...LINUX, platform: 'darwin' }, {}, [])],
    ['architecture', environmentName(project(), { ...LINUX, arch: 'arm64' }, {}, [])],
    ['libc', environmentName(project(), { ...LINUX, libc: 'musl' }, {}, [])],
    ['ABI', environmentName(project(), { ...LINUX, abi: '137' }, {}, [])],
    ['local files', environmentName(project(), LINUX, { 'vendor/x.tgz': 'a' }, [])],
    ['variables', environmentName(project(), LINUX, {}, [['A', 'b']])],
  ])('differs with the %s', (_what, name) => {
    expect(name).not.toBe(base)
  })

  it('knows this machine', () => {
    const here = currentPlatform()
    expect(here).toMatchObject({ platform: process.platform, arch: process.arch, abi: process.versions.modules })
    expect([undefined, 'glibc', 'musl']).toContain(here.libc)
    expect(here.libc === undefined).toBe(process.platform !== 'linux')
  })
})

describe("a bento's npm project", () => {
  it('may lack a lock only without dependencies', () => {
    expect(readNpmProject('{"type":"module"}', undefined, 'src').packages).toEqual({})
    expect(() => readNpmProject('{"dependencies":{"ms":"2"}}', undefined, 'src')).toThrow(
      expect.objectContaining({ code: 'LOCK_MISSING' }),
    )
  })

  it.each([
    ['not JSON', '{', 'LOCK_INVALID'],
    ['no object', '[]', 'LOCK_INVALID'],
    ['version 1', '{"lockfileVersion":1,"dependencies":{}}', 'LOCK_UNSUPPORTED'],
  ])('with a lock that is %s is refused', (_what, lock, code) => {
    expect(() => readNpmProject('{}', lock, 'src')).toThrow(expect.objectContaining({ code }))
  })

  const local = (entry: object) =>
    localPaths(readNpmProject('{}', JSON.stringify({ packages: { '': {}, 'node_modules/x': entry } }), 'src'), 'src')

  it('names its local packages', () => {
    expect(local({ link: true, resolved: 'packages/x' })).toEqual({ folders: ['packages/x'], files: [] })
    expect(local({ resolved: 'file:vendor/x.tgz' })).toEqual({ folders: [], files: ['vendor/x.tgz'] })
    expect(local({ version: '1.0.0' })).toEqual({ folders: [], files: [] })
  })

  it.each(['../x', 'a/../../x', '/etc', 'C:/x', 'c:x', '..\\x', '.', '..'])('must not point outside: %s', resolved => {
    expect(() => local({ link: true, resolved })).toThrow(expect.objectContaining({ code: 'LOCK_INVALID' }))
    expect(() => local({ resolved: `file:${resolved}` })).toThrow(expect.objectContaining({ code: 'LOCK_INVALID' }))
  })
})
