import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readPlainYaml } from '../../src/core/yaml/plain.js'
import { readYaml } from '../../src/core/yaml/read.js'
import { dumpYaml, type YamlValue } from '../../src/core/yaml.js'

const MODEL = dumpYaml({
  name: 'iris_clf',
  version: '1e5',
  labels: { stage: 'production', quote: 'a"b\'c: #d', é: 'é' },
  metadata: {
    nested: { list: [1, 2.5, true, 'x', [1, [2]], { a: 1, b: [{}] }], empty: {}, none: [] },
    multi: 'line1\nline2\n\nend',
    long: 'word '.repeat(40).trim(),
  },
})

test('a usual manifest is read without the parser', () => {
  expect(readPlainYaml(MODEL)).toEqual(readYaml(MODEL, 'test'))
})

/** The parser's value, or undefined where it refuses the text. */
function parsed(text: string): { value: YamlValue } | undefined {
  try {
    return { value: readYaml(text, 'test') }
  } catch {
    return undefined
  }
}

const scalar = fc.oneof(
  fc.constantFrom<YamlValue>(null, true, 1, -2.5, '', 'a', "it's", 'a: b', '- a', '#', 'x #y', '1e5', '2024-01-01'),
  fc.stringMatching(/^[a-z:#' "-]{0,12}$/),
  fc.stringMatching(/^[a-z\n' ]{0,12}$/),
  fc.constantFrom('word '.repeat(30), 'a\n\nb', 'é', '\u0000'),
)
const { value } = fc.letrec<{ value: YamlValue }>(tie => ({
  value: fc.oneof(
    { maxDepth: 4 },
    { weight: 2, arbitrary: scalar },
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.stringMatching(/^[a-z0-9:' ]{0,6}$/), tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
}))
const document = fc.dictionary(fc.stringMatching(/^[a-z][a-z0-9_]{0,5}$/), value, { minKeys: 1, noNullPrototype: true })

test('what it reads of written documents is what the parser reads', () => {
  let plain = 0
  fc.assert(
    fc.property(document, map => {
      const text = dumpYaml(map)
      const fast = readPlainYaml(text)
      if (fast === undefined) return
      plain++
      expect(fast).toEqual(readYaml(text, 'test'))
      expect(dumpYaml(fast)).toBe(text)
    }),
    { numRuns: 1000 },
  )
  // About 300 of them; far fewer would mean that it reads next to nothing.
  expect(plain).toBeGreaterThan(150)
})

test('what it reads of any text is what the parser reads, and nothing that the parser refuses', () => {
  const piece = fc.constantFrom(
    ...['a', '/', ':', ' ', '  ', '\n', '- ', "'", "''", '"', '#', '{}', '[]', '{', ',', ': ', 'k: ', 'k:\n', '\n  '],
    ...['\n- ', '|', '>', '&x', '*x', '!t ', '? ', '-', '---', '...', '\\', '\\n', '1', '.', 'null', '<<', '%'],
  )
  const edit = fc.tuple(fc.nat(), fc.nat(12), fc.array(piece, { maxLength: 4 }))
  const soup = fc.array(piece, { maxLength: 14 }).map(parts => `k${parts.join('')}`)
  const edited = fc.tuple(document, fc.array(edit, { minLength: 1, maxLength: 3 })).map(([map, edits]) => {
    let text = dumpYaml(map)
    for (const [at, remove, insert] of edits) {
      const start = at % (text.length + 1)
      text = text.slice(0, start) + insert.join('') + text.slice(start + remove)
    }
    return text
  })
  fc.assert(
    fc.property(fc.oneof(soup, edited), text => {
      const fast = readPlainYaml(text)
      if (fast === undefined) return
      const slow = parsed(text)
      expect({ value: fast }).toEqual(slow)
      // The spelling that is remembered beside the value is the same, too.
      expect(dumpYaml(fast)).toBe(dumpYaml(slow?.value ?? null))
    }),
    { numRuns: 3000 },
  )
})
