import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isBentoError } from '../../src/core/errors.js'
import { parseModelRequest } from '../../src/core/request.js'

test.each([
  ['iris_clf', { text: 'iris_clf', name: 'iris_clf', version: undefined, bare: true }],
  ['iris_clf:latest', { text: 'iris_clf:latest', name: 'iris_clf', version: undefined, bare: false }],
  ['iris_clf:v2', { text: 'iris_clf:v2', name: 'iris_clf', version: 'v2', bare: false }],
  ['Iris_Clf:V2', { text: 'iris_clf:v2', name: 'iris_clf', version: 'v2', bare: false }],
  ['1e5:017', { text: '1e5:017', name: '1e5', version: '017', bare: false }],
])('%s', (text, wanted) => {
  expect(parseModelRequest(text)).toEqual({ labels: undefined, ...wanted })
})

test('labels are decoded, and put in order for a stable key', () => {
  const request = parseModelRequest('iris_clf?stage=production&owner=data+team%26co')
  expect(request.labels).toEqual({ stage: 'production', owner: 'data team&co' })
  expect(request.text).toBe('iris_clf?owner=data+team%26co&stage=production')
  expect(request).toMatchObject({ name: 'iris_clf', version: undefined, bare: false })
  expect(parseModelRequest('a?x=').labels).toEqual({ x: '' })
  expect(parseModelRequest('a?__proto__=x').labels).toHaveProperty(['__proto__'], 'x')
})

test.each([
  ...['', ':', ':v1', 'a:', 'a:b:c', 'a b', 'a/b', '../a', 'a:*', 'ä', 'a\n', 'a?', 'a?=x', 'a?x', 'a?x=1&x=2'],
  ...['a:v1?x=1', '?x=1', 'a:latest?x=1', 'a'.repeat(64)],
])('%j is refused', text => {
  try {
    parseModelRequest(text)
    expect.unreachable()
  } catch (error) {
    expect(isBentoError(error, 'REQUEST_INVALID')).toBe(true)
  }
})

test('the normal form of a request is the same request', () => {
  const part = fc.stringMatching(/^[a-z0-9]([-._a-z0-9]{0,8}[a-z0-9])?$/)
  const labels = fc.dictionary(fc.string({ minLength: 1 }), fc.string(), { minKeys: 1, noNullPrototype: true })
  const request = fc.oneof(
    part,
    fc.tuple(part, part).map(both => both.join(':')),
    fc.tuple(part, labels).map(([name, query]) => `${name}?${new URLSearchParams(query)}`),
  )
  fc.assert(
    fc.property(request, text => {
      const once = parseModelRequest(text)
      expect(parseModelRequest(once.text)).toEqual(once)
    }),
  )
})
