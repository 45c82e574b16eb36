import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { modelId, RESOLVED_MODEL, requestOf } from '../../src/plugin/model-ids.js'
import { sourceLiteral } from '../../src/plugin/source-literal.js'

describe('module ids of requests', () => {
  test('hold nothing of the request that a bundler or a file system reads', () => {
    expect(modelId('iris_clf?stage=production&a@b#c')).toBe(
      '\0virtual:bento/model/iris_clf%3Fstage%3Dproduction%26a%40b%23c.js',
    )
    // vite:json would take the one, and vite:css the other.
    expect(modelId('labels.json')).toBe('\0virtual:bento/model/labels%2Ejson.js')
    expect(modelId('style.css')).toBe('\0virtual:bento/model/style%2Ecss.js')
  })

  test('give the request back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), request => {
        const id = modelId(request)
        expect(id).toMatch(RESOLVED_MODEL)
        expect(id.slice('\0virtual:bento/model/'.length)).toMatch(/^[\w%!~*'()-]*\.js$/)
        expect(requestOf(id)).toBe(request)
      }),
    )
  })

  test('are not taken for others', () => {
    expect(requestOf('virtual:bento/model/a.js')).toBeUndefined()
    expect(requestOf('/src/a.js')).toBeUndefined()
  })
})

describe('sourceLiteral', () => {
  const evaluate = (source: string): unknown => new Function(`return (${source})`)()

  test('writes what JSON cannot', () => {
    const bytes = Uint8Array.of(0, 255)
    const value = { big: 2n ** 64n, nan: NaN, inf: -Infinity, zero: -0, bytes, line: '\u2028' }
    expect(evaluate(sourceLiteral(value))).toEqual(value)
  })

  test('writes __proto__ as a key like any other', () => {
    const value = JSON.parse('{ "__proto__": { "polluted": true }, "a": 1 }')
    const copy = evaluate(sourceLiteral(value)) as object
    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype)
    expect(JSON.stringify(copy)).toBe('{"__proto__":{"polluted":true},"a":1}')
  })

  test('leaves undefined out and asks toJSON', () => {
    expect(evaluate(sourceLiteral({ a: undefined, b: { toJSON: () => 'text' } }))).toEqual({ b: 'text' })
  })

  test('evaluates to the same value', () => {
    const leaf = fc.oneof(fc.string({ unit: 'binary' }), fc.double(), fc.boolean(), fc.constant(null), fc.bigInt())
    const { tree } = fc.letrec(tie => ({
      tree: fc.oneof(leaf, fc.array(tie('tree')), fc.dictionary(fc.string(), tie('tree'), { noNullPrototype: true })),
    }))
    fc.assert(
      fc.property(tree, value => {
        expect(evaluate(sourceLiteral(value))).toEqual(value)
      }),
    )
  })
})
