import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isBentoError } from '../../src/core/errors.js'
import { ValueChecker } from '../../src/core/values.js'
import { dumpYaml, parseYaml } from '../../src/core/yaml.js'

/** What the checker finds wrong with metadata. */
function problemsOf(value: unknown, allowNull = false): unknown {
  const checker = new ValueChecker()
  checker.map(value, 'metadata', allowNull)
  try {
    checker.finish('the model a')
    return []
  } catch (error) {
    if (isBentoError(error, 'VALUE_INVALID')) return error.details.problems
    throw error
  }
}

test('every bad path is named at once', () => {
  const cycle: Record<string, unknown> = {}
  cycle.self = cycle
  const metadata = {
    fine: 1,
    none: null,
    missing: undefined,
    call: () => 1,
    symbol: Symbol('x'),
    deep: { list: [1, null, { 'a b': undefined }] },
    map: new Map(),
    custom: new URL('https://example.org'),
    date: new Date(Number.NaN),
    broken: '\ud800',
    cycle,
  }
  expect(problemsOf(metadata)).toEqual([
    'metadata.none is null, which BentoML cannot read',
    'metadata.missing is undefined',
    'metadata.call is a function',
    'metadata.symbol is a symbol',
    'metadata.deep.list[1] is null, which BentoML cannot read',
    'metadata.deep.list[2]["a b"] is undefined',
    'metadata.map is a Map, not a plain object',
    'metadata.custom is a URL, not a plain object',
    'metadata.date is an invalid Date',
    'metadata.broken is broken Unicode: half of a surrogate pair',
    'metadata.cycle.self contains itself',
  ])
})

test('null is fine where BentoML reads it', () => {
  expect(problemsOf({ a: null }, true)).toEqual([])
})

test('what is no map is refused', () => {
  for (const bad of ['text', 5, null, [1], new Map()]) expect(problemsOf(bad)).toHaveLength(1)
})

test('one value at two places is no cycle', () => {
  const shared = { a: [1] }
  expect(problemsOf({ x: shared, y: [shared, shared] })).toEqual([])
})

test('too deep is refused, not a stack overflow', () => {
  let deep: unknown = 1
  for (let level = 0; level < 100_000; level++) deep = [deep]
  expect(problemsOf({ deep })).toEqual([expect.stringContaining('nests deeper than 90 levels')])
})

test('values become what YAML holds', () => {
  const checker = new ValueChecker()
  const metadata = {
    weights: new Float32Array([1, 0.5]),
    at: new Date(Date.UTC(2024, 0, 2)),
    big: 2n ** 70n,
    bytes: Buffer.from('hi'),
  }
  expect(checker.map(metadata, 'metadata', false)).toEqual({
    weights: [1, 0.5],
    at: '2024-01-02T00:00:00+00:00',
    big: 2n ** 70n,
    bytes: new Uint8Array([104, 105]),
  })
})

test('a copy is taken: later changes do not show', () => {
  const metadata = { list: [1] }
  const copy = new ValueChecker().map(metadata, 'metadata', false)
  metadata.list.push(2)
  expect(copy).toEqual({ list: [1] })
})

test('whatever passes can be written and read again', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), fc.anything({ withBigInt: true, withDate: true, withTypedArray: true })),
      map => {
        const checker = new ValueChecker()
        const value = checker.map(map, 'metadata', false)
        try {
          checker.finish('it')
        } catch (error) {
          if (isBentoError(error, 'VALUE_INVALID')) return
          throw error
        }
        expect(() => parseYaml(dumpYaml(value), 'test')).not.toThrow()
      },
    ),
    { numRuns: 200 },
  )
})
