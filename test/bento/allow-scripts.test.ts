import { describe, expect, it } from 'vitest'
import { allowedPackages } from '../../src/bento/allow-scripts.js'
import type { LockEntry } from '../../src/bento/lock-file.js'

const REGISTRY = 'https://registry.example'

function allowed(allowScripts: unknown, packages: Record<string, LockEntry>): string[] {
  return allowedPackages({ packageJson: { allowScripts }, packages }).map(({ path }) => path)
}

describe('allowScripts', () => {
  const packages: Record<string, LockEntry> = {
    '': { name: 'bento' },
    'node_modules/canvas': { version: '3.1.0', integrity: 'sha512-x' },
    'node_modules/other/node_modules/canvas': { version: '2.0.0', resolved: `${REGISTRY}/canvas/-/canvas-2.0.0.tgz` },
    'node_modules/@scope/native': { version: '1.0.0', resolved: `${REGISTRY}/@scope/native/-/native-1.0.0.tgz` },
    'node_modules/vendored': { version: '1.0.0', resolved: 'file:vendor/vendored.tgz' },
  }

  it.each([
    [{ canvas: true }, ['node_modules/canvas', 'node_modules/other/node_modules/canvas']],
    [{ 'canvas@*': true }, ['node_modules/canvas', 'node_modules/other/node_modules/canvas']],
    [{ 'canvas@3.1.0': true }, ['node_modules/canvas']],
    [{ 'canvas@2.0.0 || 3.1.0': true }, ['node_modules/canvas', 'node_modules/other/node_modules/canvas']],
    [{ '@scope/native': true }, ['node_modules/@scope/native']],
    [{ '@scope/native@1.0.0': true }, ['node_modules/@scope/native']],
    [{ 'file:vendor/vendored.tgz': true }, ['node_modules/vendored']],
  ])('%j allows', (policy, paths) => {
    expect(allowed(policy, packages)).toEqual(paths)
  })

  it.each([
    undefined,
    null,
    {},
    'canvas',
    { canvas: false },
    { canvas: 'true' },
    { canvas: 1 },
    { canvas: true, 'canvas@*': false },
    { 'canvas@^3': true },
    { 'canvas@>=1': true },
    { 'canvas@latest': true },
    { 'canvas@2.0.0 || ^3': true },
    { native: true },
    { other: true },
    { vendored: true },
    { '*': true },
    { '': true },
  ])('%j allows nothing', policy => {
    expect(allowed(policy, packages)).toEqual([])
  })

  it('a denied version is left out of an allowed name', () => {
    expect(allowed({ canvas: true, 'canvas@2.0.0': false }, packages)).toEqual(['node_modules/canvas'])
  })

  it('goes by the real name of an alias, and by the tarball where one is named', () => {
    const sly: Record<string, LockEntry> = {
      'node_modules/canvas': { name: 'not-canvas', version: '1.0.0' },
      'node_modules/real': {
        name: 'canvas',
        version: '1.0.0',
        resolved: `${REGISTRY}/not-canvas/-/not-canvas-1.0.0.tgz`,
      },
      'node_modules/git': { name: 'canvas', version: '1.0.0', resolved: 'git+ssh://git@example.test/canvas.git#abc' },
      'node_modules/url': { name: 'canvas', version: '1.0.0', resolved: 'https://example.test/-/canvas-1.0.0.tgz' },
    }
    expect(allowed({ canvas: true }, sly)).toEqual([])
    expect(allowed({ 'not-canvas': true }, sly)).toEqual(['node_modules/canvas', 'node_modules/real'])
  })

  it('never reaches bundled, linked or development packages', () => {
    expect(
      allowed(
        { a: true, b: true, c: true },
        {
          'node_modules/a': { version: '1.0.0', inBundle: true },
          'node_modules/b': { link: true, resolved: 'packages/b' },
          'node_modules/c': { version: '1.0.0', dev: true },
        },
      ),
    ).toEqual([])
  })
})
