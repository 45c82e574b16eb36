import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isTagPart } from '../../src/core/tag.js'
import { packageOf } from '../../src/plugin/externals.js'
import { nativePattern } from '../../src/plugin/natives.js'
import { nodeTarget } from '../../src/plugin/node-target.js'
import { defaultName, findProject, findService, tagPartOf } from '../../src/plugin/project.js'
import { makeProject } from '../support/project.js'

describe('the name of a bento', () => {
  test.each([
    ['@acme/iris', 'iris'],
    ['Iris', 'iris'],
    ['my app!', 'my-app'],
    ['_x_', 'x'],
    ['a'.repeat(80), 'a'.repeat(63)],
  ])('%s → %s', (name, expected) => {
    expect(defaultName({ root: '/nowhere/else', manifest: { name } })).toBe(expected)
  })

  test('is the folder where the package has none', () => {
    expect(defaultName({ root: '/work/My Service', manifest: {} })).toBe('my-service')
    expect(defaultName({ root: '/', manifest: { name: '@acme/***' } })).toBe('service')
  })

  test('is always valid', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), text => {
        const name = tagPartOf(text)
        expect(name === '' || isTagPart(name)).toBe(true)
      }),
    )
  })
})

describe('the project of a service', () => {
  test('is the nearest package, not a folder that only says how to read its files', () => {
    const { root, path } = makeProject({ files: { 'src/package.json': '{"type":"module"}', 'src/service.ts': '' } })
    expect(findProject(path('src/service.ts')).root).toBe(root)
  })

  test('has its service found without extension, and a near name proposed', () => {
    const { root, path } = makeProject({ files: { 'src/service.mts': '' } })
    expect(findService(root, 'src/service')).toBe(path('src/service.mts'))
    expect(() => findService(root, 'src/service.ts')).toThrow('Did you mean src/service.mts?')
    expect(() => findService(root, 'src')).toThrow(expect.objectContaining({ code: 'SERVICE_NOT_FOUND' }))
  })
})

test.each([
  [undefined, 'node20'],
  ['>=22.12', 'node22.12'],
  ['^20.19.0 || >=22.12.0', 'node20.19'],
  ['>=18', 'node20.19'],
  ['24', 'node24'],
  ['>= v24.1.0', 'node24.1'],
  ['*', 'node20'],
  ['<99', 'node20'],
  [7, 'node20'],
])('engines %s: compiles for %s', (engines, target) => {
  expect(nodeTarget(engines)).toBe(target)
})

test.each([
  ['hono', 'hono'],
  ['hono/serve-static', 'hono'],
  ['@scope/name', '@scope/name'],
  ['@scope/name/deep/x.js', '@scope/name'],
  ['name?query', 'name'],
  ['#internal', undefined],
  ['https://example.com/x.js', undefined],
  ['/abs/x.js', undefined],
  ['C:\\x.js', undefined],
  ['@scope', undefined],
  ['bun:sqlite', undefined],
])('the package of %s is %s', (specifier, name) => {
  expect(packageOf(specifier)).toBe(name)
})

describe('native packages', () => {
  test('are matched whole, with what lies below them', () => {
    const natives = nativePattern([])
    expect(natives.test('sharp')).toBe(true)
    expect(natives.test('sharp/lib/x.js')).toBe(true)
    expect(natives.test('sharper')).toBe(false)
    expect(natives.test('./sharp')).toBe(false)
  })

  test('can be added and removed', () => {
    const natives = nativePattern(['@acme/native.x', '!sharp'])
    expect(natives.test('@acme/native.x')).toBe(true)
    expect(natives.test('@acme/native-x')).toBe(false)
    expect(natives.test('sharp')).toBe(false)
  })
})
