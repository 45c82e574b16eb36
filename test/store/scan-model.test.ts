import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isBentoError } from '../../src/core/errors.js'
import { parseYaml } from '../../src/core/yaml.js'
import { ModelStore } from '../../src/store/index.js'
import { MODEL_KIND } from '../../src/store/kinds.js'
import type { ManifestHead } from '../../src/store/record.js'
import { scanModel } from '../../src/store/scan-model.js'
import { fixtureHome } from '../support/home.js'

const MODEL = `name: iris_clf
version: v1
module: ''
labels:
  stage: production
  owner: 'it''s'
options: {}
metadata:
  classes:
  - setosa
  text: 'a'
context:
  framework_name: onnxruntime
signatures: {}
api_version: v1
creation_time: '2026-11-21T00:03:54.583927+00:00'
node:
  digest: sha256:00
`

/** What the parser makes of the text; undefined where it refuses it. */
function parsedHead(text: string): ManifestHead | undefined {
  try {
    parseYaml(text, 'test')
    return MODEL_KIND.parseHead(text, 'test')
  } catch (error) {
    if (isBentoError(error)) return undefined
    throw error
  }
}

test('a usual model.yaml', () => {
  expect(scanModel(MODEL)).toEqual({
    scalars: { name: 'iris_clf', version: 'v1', module: '', creation_time: '2026-11-21T00:03:54.583927+00:00' },
    labels: { stage: 'production', owner: "it's" },
  })
})

test('most of what BentoML writes is usual', async () => {
  const models = await new ModelStore(fixtureHome()).list()
  const texts = models.map(model => readFileSync(join(model.path, 'model.yaml'), 'utf8'))
  expect(texts.filter(text => scanModel(text) !== undefined).length).toBeGreaterThan(texts.length / 2)
})

test.each([
  ['a version that is no text', MODEL.replace('version: v1', 'version: 017')],
  ['a null label', MODEL.replace('production', 'null')],
  ['a nested label', MODEL.replace('production', '\n    x: y')],
  ['a key twice', MODEL.replace('options: {}', 'options: {}\noptions: {}')],
  ['keys in another order', MODEL.replace('options: {}\n', '').replace('context:', 'options: {}\ncontext:')],
  ['a comment', MODEL.replace('version: v1', 'version: v1 # no')],
  ['double quotes', MODEL.replace('setosa', '"setosa"')],
  ['text over two lines', MODEL.replace("'a'", "'a\n\n    b'")],
  ['what is no ASCII', MODEL.replace('setosa', 'sétosa')],
  ['a tab', MODEL.replace('setosa', 'setosa\t')],
  ['another key', `${MODEL}more: 1\n`],
  ['an end too soon', MODEL.slice(0, -1)],
])('%s is left to others', (_, text) => {
  expect(scanModel(text)).toBeUndefined()
})

test('what it finds is what the parser finds', () => {
  const piece = fc.constantFrom(
    "'",
    "''",
    '\n',
    '  ',
    ': ',
    '#',
    ' ',
    '- ',
    '{',
    '}',
    '[',
    ']',
    'a',
    '1',
    'null',
    '&a ',
  )
  const edit = fc.tuple(fc.nat(MODEL.length), fc.nat(6), fc.array(piece, { maxLength: 3 }))
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), edits => {
      let text = MODEL
      for (const [at, remove, insert] of edits) text = text.slice(0, at) + insert.join('') + text.slice(at + remove)
      const scan = scanModel(text)
      const head = parsedHead(text)
      // A text that only the parser knows to be broken elsewhere may be scanned; what both read must agree.
      if (scan === undefined || head === undefined) return
      const { name, version, module, creation_time: creationTime } = scan.scalars
      expect({ name, version, module, creationTime, labels: scan.labels }).toEqual(head)
    }),
    { numRuns: 3000 },
  )
})

test('a long hostile text takes no time', () => {
  const line = `\n  ${"a'b' ".repeat(20)}`
  const text = MODEL.replace('options: {}', `options:${line.repeat(8000)}`).replace('node:', "'")
  const start = performance.now()
  expect(scanModel(text)).toBeUndefined()
  expect(performance.now() - start).toBeLessThan(1000)
})
