import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { loadedBy } from '../support/loaded-by.js'

const FACE = fileURLToPath(new URL('../../dist/build/index.js', import.meta.url))

test('loads no bundler and no package before the first build', () => {
  expect([...loadedBy(FACE)].filter(path => !path.startsWith('node:') && !path.startsWith('/'))).toEqual([])
})

test('has what the docs tell of', async () => {
  expect(Object.keys(await import(FACE)).sort()).toEqual(['BentoError', 'build', 'buildBentofile', 'isBentoError'])
})
