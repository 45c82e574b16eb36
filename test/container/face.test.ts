import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { loadedBy } from '../support/loaded-by.js'

const FACE = fileURLToPath(new URL('../../dist/container/index.js', import.meta.url))

test('images load no bundler, no arborist and no codec', () => {
  const others = [...loadedBy(FACE)].filter(path => !path.startsWith('/') && !path.startsWith('node:'))
  expect(others.filter(name => !/^(yaml|semver\/.*)$/.test(name))).toEqual([])
})

test('the face has what the docs tell of', async () => {
  const face = await import(FACE)
  expect(Object.keys(face).sort()).toEqual(['BACKENDS', 'BentoError', 'containerize', 'isBentoError'])
  await expect(face.containerize({ bento: 'iris', tags: ['no name'] })).rejects.toSatisfy(error =>
    face.isBentoError(error, 'OPTION_INVALID'),
  )
})
