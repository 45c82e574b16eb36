import { performance } from 'node:perf_hooks'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isBentoError } from '../../src/core/errors.js'
import { scanScalars } from '../../src/core/scan.js'
import { dumpYaml, isYamlMap, parseYaml, sourceText, type YamlMap, type YamlValue } from '../../src/core/yaml.js'

const KEYS = ['name', 'version', 'module', 'creation_time']
const MODEL = `name: iris_clf
version: 1e5
module: ''
labels:
  stage: production
  owner: 'it''s'
options: {}
metadata:
  classes:
  - setosa
  text: 'a

    b'
context:
  framework_name: onnxruntime
signatures: {}
api_version: v1
creation_time: '2026-11-21T00:03:54.583927+00:00'
`

test('a usual model.yaml is plain enough', () => {
  expect(scanScalars(MODEL, KEYS)).toEqual({
    scalars: { name: 'iris_clf', version: '1e5', module: '', creation_time: '2026-11-21T00:03:54.583927+00:00' },
    labels: { stage: 'production', owner: "it's" },
  })
})

test.each([
  ['a version that is no text', MODEL.replace('1e5', '017')],
  ['a null label', MODEL.replace('production', 'null')],
  ['a nested label', MODEL.replace('production', '\n    x: y')],
  ['a value over two lines', MODEL.replace('iris_clf', 'iris\n  clf')],
  ['a key twice', `${MODEL}name: other\n`],
  ['a comment', MODEL.replace('1e5', '1e5 # no')],
  ['an anchor', MODEL.replace('iris_clf', '&a iris_clf')],
  ['double quotes', MODEL.replace('iris_clf', '"iris_clf"')],
  ['a flow map', MODEL.replace('options: {}', 'options: {a: 1}')],
  ['a block text', MODEL.replace('options: {}', 'options: |\n  x')],
  ['text that swallows a key', "metadata:\n  a: 'x\nname: evil\nversion: 'v\n"],
  ['a tab', MODEL.replace('1e5', '1e5\t')],
])('%s is left to the parser', (_, text) => {
  expect(scanScalars(text, KEYS)).toBeUndefined()
})

/** What the parser finds in the same places; undefined where it refuses the text. */
function parsed(text: string): unknown {
  try {
    const map = parseYaml(text, 'test')
    if (!isYamlMap(map)) return undefined
    return { scalars: textsOf(map, KEYS), labels: isYamlMap(map.labels) ? textsOf(map.labels) : {} }
  } catch (error) {
    if (isBentoError(error)) return undefined
    throw error
  }
}

function textsOf(map: YamlMap, keys = Object.keys(map)): YamlMap {
  const texts: YamlMap = {}
  for (const key of keys) if (Object.hasOwn(map, key)) texts[key] = sourceText(map, key) ?? map[key] ?? null
  return texts
}

test('what it finds is what the parser finds', () => {
  const value: fc.Arbitrary<YamlValue> = fc.oneof(
    fc.string({ maxLength: 12 }),
    fc.constantFrom<YamlValue>("it's", 'a: b', 'a\n\nb', '1e5', '017', null, 5, true, ['a', "b'"], {
      a: "x'y",
      b: ['c'],
    }),
  )
  const manifest = fc.record(
    { name: fc.string(), version: value, labels: fc.dictionary(fc.string({ maxLength: 5 }), value), metadata: value },
    { requiredKeys: [], noNullPrototype: true },
  )
  const piece = fc.constantFrom("'", "''", '\n', '  ', ': ', '#', ' ', 'name: x\n', '- ', '"', '{}', 'a', '\n\n')
  const edit = fc.tuple(fc.nat(), fc.nat(8), fc.array(piece, { maxLength: 3 }))
  fc.assert(
    fc.property(manifest, fc.array(edit, { maxLength: 3 }), (map, edits) => {
      let text = dumpYaml(map as YamlValue)
      for (const [at, remove, insert] of edits) {
        const start = at % (text.length + 1)
        text = text.slice(0, start) + insert.join('') + text.slice(start + remove)
      }
      const scan = scanScalars(text, KEYS)
      const full = parsed(text)
      // A text that only the parser knows to be broken elsewhere may be scanned; what both read must agree.
      if (scan !== undefined && full !== undefined) expect(scan).toEqual(full)
    }),
    { numRuns: 1000 },
  )
})

test('ten thousand models are scanned at once', () => {
  const texts = Array.from({ length: 10_000 }, (_, index) => MODEL.replace('1e5', `v${index}`))
  const start = performance.now()
  expect(texts.every(text => scanScalars(text, KEYS) !== undefined)).toBe(true)
  // 0.1 s on two cores; the limit only catches a scan that has become a parse.
  expect(performance.now() - start).toBeLessThan(2000)
})
