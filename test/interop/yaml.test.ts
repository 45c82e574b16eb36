import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parse } from 'yaml'
import { plainKind, plainValue } from '../../src/core/yaml/resolve.js'
import { dumpYaml, parseYaml, type YamlValue } from '../../src/core/yaml.js'
import { describeNeeding } from '../support/needs.js'
import { findPython, type PythonPeer, startPython } from '../support/python.js'

const python = findPython('yaml')

// Values travel as tagged JSON, since JSON itself can't tell 1 from 1.0, nor hold bytes, NaN or whole numbers of any size.
const PROGRAM = `
import base64, yaml
def decode(v):
    kind, value = v
    if kind == "i": return int(value)
    if kind == "f": return float(value)
    if kind == "b": return base64.b64decode(value)
    if kind == "l": return [decode(x) for x in value]
    if kind == "m": return {k: decode(x) for k, x in value}
    return value
def encode(v):
    if v is None or isinstance(v, (bool, str)): return ["s" if isinstance(v, str) else "c", v]
    if isinstance(v, int): return ["i", str(v)]
    if isinstance(v, float): return ["f", repr(v)]
    if isinstance(v, bytes): return ["b", base64.b64encode(v).decode()]
    if isinstance(v, list): return ["l", [encode(x) for x in v]]
    if isinstance(v, dict): return ["m", [[k, encode(x)] for k, x in v.items()]]
    return ["t", str(v)]
def answer(question):
    what, value = question
    if what == "dump": return yaml.safe_dump(decode(value), sort_keys=False)
    return encode(yaml.safe_load(value))
`

type Tagged = [string, unknown]

function encode(value: YamlValue): Tagged {
  if (typeof value === 'string') return ['s', value]
  if (typeof value === 'bigint') return ['i', String(value)]
  if (typeof value === 'number') {
    return Number.isSafeInteger(value) && !Object.is(value, -0) ? ['i', String(value)] : ['f', floatText(value)]
  }
  if (value === null || typeof value === 'boolean') return ['c', value]
  if (value instanceof Uint8Array) return ['b', Buffer.from(value).toString('base64')]
  if (Array.isArray(value)) return ['l', value.map(encode)]
  return ['m', Object.entries(value).map(([key, item]) => [key, encode(item)])]
}

/** One spelling for both languages: that of JavaScript, which Python's `float` reads. */
function floatText(value: number): string {
  if (Number.isNaN(value)) return 'nan'
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf'
  return Object.is(value, -0) ? '-0.0' : String(value)
}

/** Python's spelling of floats is its own; so numbers compare as numbers. */
function normal([kind, value]: Tagged): unknown {
  if (kind === 'f' || kind === 'i') {
    const text = String(value).replace('inf', 'Infinity')
    return kind === 'i' && !Number.isSafeInteger(Number(text)) ? BigInt(text) : Number(text.replace('nan', 'NaN'))
  }
  if (kind === 'l') return (value as Tagged[]).map(normal)
  if (kind === 'm') return (value as [string, Tagged][]).map(([key, item]) => [key, normal(item)])
  return value
}

// Text that YAML readers trip over, beside text of any kind.
const tricky = fc.constantFrom(
  ...['', ' ', '\n', 'null', '~', 'yes', 'y', '1e5', '0o17', '017', '1_000', '0x1f', '1:30', '08:30', '2024-01-01'],
  ...['2024-1-1', '.5', '5.', '.inf', 'nan', '<<', '=', '- a', 'a: b', 'a #b', '#a', '---', '... x', "it's", '"q"'],
  ...[
    '\ta',
    'a ',
    'a\n',
    'a\n\nb\n',
    ' a\nb',
    'é',
    '模型',
    '😀',
    '\u2028',
    '\x85',
    '\ufeff',
    '\x7f',
    '\\',
    '%',
    '@',
    '`',
  ],
  ...['!x', '&a', '*a', '?', '? a', ':', ':a', 'a:', '[', '{}', ',', '|', '>', '-', '-a', '--- a', 'a\r\nb', '\0'],
)
const word = fc.stringMatching(/^[a-zA-Z0-9:#',."!& -]{0,24}$/)
const long = fc.array(fc.oneof(word, tricky), { minLength: 5, maxLength: 40 }).map(words => words.join(' '))
const unicode = fc.string({ unit: 'binary', maxLength: 60 })
const lines = fc.array(fc.oneof(word, fc.constant('')), { maxLength: 8 }).map(parts => parts.join('\n'))
const text = fc.oneof({ weight: 3, arbitrary: tricky }, word, long, unicode, lines)
const key = fc.oneof(text, fc.string({ minLength: 110, maxLength: 135 })).filter(name => name !== '__proto__')

const { value: anyValue } = fc.letrec<{ value: YamlValue; list: YamlValue; map: YamlValue }>(tie => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    { weight: 4, arbitrary: text },
    fc.constantFrom<YamlValue>(null, true, false, Number.NaN, Infinity, -Infinity, -0, 1e16, 1e22, 1e-5, 123456.789),
    fc.double(),
    fc.integer(),
    fc
      .bigInt({ min: -(2n ** 80n), max: 2n ** 80n })
      .map(big => (Number.isSafeInteger(Number(big)) ? Number(big) : big)),
    fc.uint8Array({ maxLength: 150 }),
    tie('list'),
    tie('map'),
  ),
  list: fc.array(tie('value'), { maxLength: 5 }),
  // Number-like keys would change their order in JavaScript.
  map: fc.dictionary(
    key.filter(name => !/^\d+$/.test(name)),
    tie('value'),
    { maxKeys: 5, noNullPrototype: true },
  ),
}))

describeNeeding(python === undefined ? 'a Python with PyYAML' : undefined, 'beside PyYAML', () => {
  let peer: PythonPeer
  beforeAll(() => {
    peer = startPython(python ?? '', PROGRAM)
  })
  afterAll(() => peer.close())

  test('dumpYaml writes the bytes of safe_dump', async () => {
    await fc.assert(
      fc.asyncProperty(anyValue, async value => {
        expect(dumpYaml(value, { quoting: 'pyyaml' })).toBe(await peer.ask(['dump', encode(value)]))
      }),
      { numRuns: 1500 },
    )
  }, 120_000)

  test('what dumpYaml quotes beyond PyYAML, both languages read back', async () => {
    await fc.assert(
      fc.asyncProperty(anyValue, async value => {
        const written = dumpYaml(value)
        const wanted = normal(encode(value))
        expect(normal((await peer.ask(['load', written])) as Tagged)).toEqual(wanted)
        expect(normal(encode(parseYaml(written, 'test')))).toEqual(wanted)
      }),
      { numRuns: 700 },
    )
  }, 120_000)

  test('a plain scalar means to us what it means to SafeLoader', async () => {
    const pieces = fc.constantFrom(...'0123456789_+-.:eExobaAfF TZytYnN~', 'inf', 'nan', 'true', 'Yes', 'OFF', 'null')
    const dates = fc
      .tuple(fc.nat(9999), fc.nat(15), fc.nat(33), fc.constantFrom('T', ' ', ''), fc.nat(25), fc.nat(61), fc.nat(61))
      .map(([year, month, day, gap, ...clock]) => {
        const date = `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`
        return gap === '' ? date : `${date}${gap}${clock.map(part => String(part).padStart(2, '0')).join(':')}`
      })
    const scalar = fc.oneof(
      { weight: 5, arbitrary: fc.array(pieces, { maxLength: 8 }).map(all => all.join('')) },
      dates,
    )
    await fc.assert(
      fc.asyncProperty(
        scalar.filter(candidate => candidate === candidate.trim() && /^[^ ]/.test(candidate)),
        async candidate => {
          // As in a document: what is no plain scalar there (`a: b`, `- a`) is no case of this test.
          fc.pre(!/^[-:] |^[-:]$|: |:$/.test(candidate))
          const kind = plainKind(candidate)
          const answer = (await peer.ask(['load', `[${candidate.replace(/,/g, '')}]`.slice(1, -1)])) as Tagged
          if (kind === 'merge' || kind === 'value') return
          const ours = plainValue(candidate, kind)
          if (!Array.isArray(answer)) expect(ours, `PyYAML: ${JSON.stringify(answer)}`).toBeUndefined()
          else if (answer[0] === 't') expect(kind).toBe('timestamp')
          else expect(normal(encode(ours as YamlValue))).toEqual(normal(answer))
        },
      ),
      { numRuns: 4000 },
    )
  }, 120_000)
})

test('a reader of YAML 1.2 reads text that dumpYaml wrote as text', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(text, fc.stringMatching(/^[-+0-9._:eExob]{1,8}$/)), { minLength: 1 }), list => {
      expect(parse(dumpYaml(list), { schema: 'core', version: '1.2' })).toEqual(list)
      expect(parse(dumpYaml(list), { version: '1.1' })).toEqual(list)
    }),
    { numRuns: 1500 },
  )
})
