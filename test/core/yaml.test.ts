import { describe, expect, test } from 'vitest'
import { isBentoError } from '../../src/core/errors.js'
import { dumpYaml, parseYaml, sourceText, type YamlMap, type YamlValue } from '../../src/core/yaml.js'

describe('scalars are read as PyYAML reads them', () => {
  test.each<[string, YamlValue]>([
    ['1e5', '1e5'],
    ['1.5e3', '1.5e3'],
    ['1.5e+3', 1500],
    ['0o17', '0o17'],
    ['017', 15],
    ['08', '08'],
    ['0x1f', 31],
    ['0b11', 3],
    ['1_000', 1000],
    ['1:30', 90],
    ['1:30.5', 90.5],
    ['yes', true],
    ['off', false],
    ['y', 'y'],
    ['~', null],
    ['Null', null],
    ['nan', 'nan'],
    ['.nan', Number.NaN],
    ['-.INF', -Infinity],
    ['1152921504606846976', 1152921504606846976n],
    ['9007199254740991', 9007199254740991],
    ['2024-01-02', '2024-01-02'],
    ['!!str 017', '017'],
    ['!!float 1', 1],
    ['!!binary aGk=', new Uint8Array([104, 105])],
    ['"\\u6A21"', '模'],
  ])('%s', (text, value) => {
    expect(parseYaml(`a: ${text}\n`, 'test')).toEqual({ a: value })
  })
})

test('how a value was written is known where it matters', () => {
  const map = parseYaml('a: 017\nb: "017"\nc: 2024-01-01\n', 'test') as YamlMap
  expect(['a', 'b', 'c'].map(key => sourceText(map, key))).toEqual(['017', undefined, '2024-01-01'])
})

test('floats, timestamps, number keys and their order survive being read and written', () => {
  const text = "b: 1.0\n2: x\n1: w\n2.5: z\ntrue: w\nat: 2024-01-02\nlist:\n- 3.0\n- 3\nquoted:\n  '1': v\n"
  expect(dumpYaml(parseYaml(text, 'test'))).toBe(text)
})

test('a value that has changed is written as it is now', () => {
  const map = parseYaml('a: 1.0\nat: 2024-01-02\n', 'test') as YamlMap
  expect(dumpYaml({ ...map })).toBe("a: 1\nat: '2024-01-02'\n")
  map.at = '2024-01-03'
  map.a = 'x'
  expect(dumpYaml(map)).toBe("a: x\nat: '2024-01-03'\n")
})

test('a key is a key, whatever JavaScript thinks of it', () => {
  const map = parseYaml('__proto__:\n  polluted: yes\nconstructor: x\n', 'test')
  expect(Object.keys(map as object)).toEqual(['__proto__', 'constructor'])
  expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  expect(Object.getPrototypeOf(map)).toBe(Object.prototype)
  expect(dumpYaml(map)).toBe('__proto__:\n  polluted: true\nconstructor: x\n')
})

describe('refused', () => {
  test.each([
    ['broken syntax', 'a: [1\n'],
    ['a tab for indentation', 'a:\n\tb: c\n'],
    ['a duplicate key', 'a: 1\na: 2\n'],
    ['a duplicate key in other quotes', 'a: 1\n"a": 2\n'],
    ['a merge key', 'a: {}\n<<: {b: 1}\n'],
    ['the value key', 'a: =\n'],
    ['an alias', 'a: &x [1]\nb: *x\n'],
    ['an alias bomb', `a: &a [x]\n${Array.from({ length: 30 }, (_, i) => `b${i}: &b${i} [*a, *a]`).join('\n')}\n`],
    ['a self-reference', 'a: &a [*a]\n'],
    ['a second document', 'a: 1\n---\nb: 2\n'],
    ['an unknown tag', 'a: !!python/object/apply:os.system [ls]\n'],
    ['a local tag', 'a: !x y\n'],
    ['a tag that does not fit', 'a: !!int x\n'],
    ['a map for a key', '? {a: 1}\n: b\n'],
    ['a null key', '~: b\n'],
    ['no base64', 'a: !!binary "x"\n'],
    ['a day that is none', 'a: 2024-02-30\n'],
    ['deep nesting', `a: ${'['.repeat(500)}${']'.repeat(500)}\n`],
    ['very deep nesting', '['.repeat(50_000)],
    ['deep block nesting', Array.from({ length: 300 }, (_, i) => `${' '.repeat(i)}a:`).join('\n')],
    ['more than a megabyte', `a: ${'x'.repeat(1024 * 1024)}\n`],
  ])('%s', (_, text) => {
    try {
      parseYaml(text, '/s/models/a/v1/model.yaml')
      expect.unreachable()
    } catch (error) {
      if (!isBentoError(error, 'MANIFEST_INVALID')) throw error
      expect(error.reason).toMatch(/^\/s\/models\/a\/v1\/model\.yaml is malformed: .+\.$/)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal would obey them.
      expect(error.message).not.toMatch(/[\x00-\x1f]/)
    }
  })
})

describe('written as PyYAML writes', () => {
  test.each<[YamlValue, string]>([
    [{}, '{}\n'],
    [[], '[]\n'],
    ['a', 'a\n...\n'],
    ['', "''\n"],
    [{ a: [], b: {}, c: '' }, "a: []\nb: {}\nc: ''\n"],
    [{ a: [1, [2, []], { b: 3 }] }, 'a:\n- 1\n- - 2\n  - []\n- b: 3\n'],
    [{ a: { b: [{ c: 1, d: 2 }] } }, 'a:\n  b:\n  - c: 1\n    d: 2\n'],
    [
      { a: 1e-7, b: 1e16, c: 0.1, d: -0, e: 2 ** 60 },
      'a: 1.0e-07\nb: 1.0e+16\nc: 0.1\nd: -0.0\ne: 1.152921504606847e+18\n',
    ],
    [{ a: 2n ** 60n, b: null, c: true }, 'a: 1152921504606846976\nb: null\nc: true\n'],
    [{ 空: 'é' }, '"\\u7A7A": "\\xE9"\n'],
    [{ a: 'line1\nline2\n' }, "a: 'line1\n\n  line2\n\n  '\n"],
    [{ '': 1 }, "? ''\n: 1\n"],
    [{ a: new Uint8Array([1, 2, 3]) }, 'a: !!binary |\n  AQID\n'],
    [{ a: new Uint8Array(0) }, 'a: !!binary ""\n'],
  ])('case %#', (value, text) => {
    expect(dumpYaml(value, { quoting: 'pyyaml' })).toBe(text)
    expect(dumpYaml(value)).toBe(text)
  })

  test('except for quotes that other readers need', () => {
    const value = { a: '1e5', b: 'y', c: '0o17', d: '1.0.0', e: '08:30' }
    expect(dumpYaml(value, { quoting: 'pyyaml' })).toBe('a: 1e5\nb: y\nc: 0o17\nd: 1.0.0\ne: 08:30\n')
    expect(dumpYaml(value)).toBe("a: '1e5'\nb: 'y'\nc: '0o17'\nd: 1.0.0\ne: '08:30'\n")
  })
})

test('what YAML cannot hold is refused', () => {
  const cycle: YamlValue[] = []
  cycle.push(cycle)
  for (const bad of [cycle, '\ud800', { '\udc00': 1 }, undefined, () => 1, Symbol('x')]) {
    expect(() => dumpYaml({ a: bad as YamlValue })).toThrow(expect.objectContaining({ code: 'VALUE_INVALID' }))
  }
})
