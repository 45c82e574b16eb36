import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { renderTable } from '../../src/cli/table.js'
import { toJson } from '../../src/cli/values/json.js'
import { addLabel } from '../../src/cli/values/labels.js'
import { addMetadata } from '../../src/cli/values/metadata.js'

describe('toJson', () => {
  it('says what JSON.stringify says of JSON values', () => {
    fc.assert(
      fc.property(fc.jsonValue(), value => {
        expect(JSON.parse(toJson(value))).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
  })

  it('is laid out as JSON.stringify lays it out', () => {
    const value = { a: [1, { b: [] }], c: {}, d: 'é' }
    expect(toJson(value)).toBe(JSON.stringify(value, undefined, 2))
  })

  it('holds no control character whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), text => {
        const json = toJson({ [text]: text })
        expect(json.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u)
        expect(JSON.parse(json)).toEqual({ [text]: text })
      }),
    )
  })

  it('keeps what JSON.stringify would lose', () => {
    expect(toJson(2n ** 60n)).toBe('1152921504606846976')
    expect(toJson([Number.NaN, Number.POSITIVE_INFINITY])).toBe('[\n  "NaN",\n  "Infinity"\n]')
    expect(toJson(new Uint8Array([104, 105]))).toBe('"aGk="')
    expect(toJson({ gone: undefined, kept: null })).toBe('{\n  "kept": null\n}')
  })
})

describe('--label', () => {
  it.each([
    ['stage=prod', { stage: 'prod' }],
    ['url=a=b', { url: 'a=b' }],
    ['empty=', { empty: '' }],
    ['空= é', { 空: ' é' }],
  ])('reads %j', (text, labels) => expect(addLabel(text)).toEqual(labels))

  it('keeps a label of any name', () => {
    const labels = addLabel('__proto__=a', addLabel('constructor=b'))
    expect(Object.entries(labels)).toEqual([
      ['constructor', 'b'],
      ['__proto__', 'a'],
    ])
  })

  it.each(['stage', '=prod', ''])('refuses %j', text => {
    expect(() => addLabel(text)).toThrow(expect.objectContaining({ code: 'USAGE' }))
  })

  it('refuses a second value', () => {
    expect(addLabel('a=1', addLabel('a=1'))).toEqual({ a: '1' })
    expect(() => addLabel('a=2', addLabel('a=1'))).toThrow(expect.objectContaining({ code: 'USAGE' }))
  })
})

describe('--metadata', () => {
  const read = (value: string) => addMetadata(`k=${value}`).k
  let dir: string
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'metadata-'))
  })
  afterAll(() => rmSync(dir, { recursive: true }))

  it.each<[string, unknown]>([
    ['0.97', 0.97],
    ['-1.5e-9', -1.5e-9],
    ['1e5', 100_000],
    ['42', 42],
    ['12345678901234567890', 12345678901234567890n],
    ['true', true],
    ['false', false],
    ['null', null],
    ['[1,"a"]', [1, 'a']],
    ['{"a":{"b":1}}', { a: { b: 1 } }],
    ['"0.97"', '0.97'],
    // Not JSON, so text.
    ['', ''],
    ['text', 'text'],
    ['017', '017'],
    ['0x1f', '0x1f'],
    ['1.', '1.'],
    ['1.2.3', '1.2.3'],
    ['2024-01-02', '2024-01-02'],
    ['True', 'True'],
    ['nan', 'nan'],
    ['[draft]', '[draft]'],
    ['{x', '{x'],
    ['true story', 'true story'],
    ['@alice', '@alice'],
  ])('reads %s', (text, value) => expect(read(text)).toEqual(value))

  it('reads every JSON object and list', () => {
    fc.assert(
      fc.property(fc.oneof(fc.array(fc.jsonValue()), fc.dictionary(fc.string(), fc.jsonValue())), value => {
        const text = JSON.stringify(value)
        expect(read(text)).toEqual(JSON.parse(text))
      }),
    )
  })

  it('reads a JSON file', () => {
    const file = join(dir, 'metrics.json')
    writeFileSync(file, '{"accuracy": 0.97}')
    expect(read(`@${file}`)).toEqual({ accuracy: 0.97 })
    expect(() => read(`@${join(dir, 'none.json')}`)).toThrow(expect.objectContaining({ code: 'IO_FAILED' }))
    writeFileSync(file, '{')
    expect(() => read(`@${file}`)).toThrow(expect.objectContaining({ code: 'VALUE_INVALID' }))
  })

  it('refuses a key twice, and none', () => {
    expect(() => addMetadata('a=1', addMetadata('a=1'))).toThrow(expect.objectContaining({ code: 'USAGE' }))
    expect(() => addMetadata('=1')).toThrow(expect.objectContaining({ code: 'USAGE' }))
    expect(() => addMetadata('a')).toThrow(expect.objectContaining({ code: 'USAGE' }))
  })
})

describe('renderTable', () => {
  it('lines up columns without borders', () => {
    expect(
      renderTable(
        ['Tag', 'Size'],
        [
          ['a:v1', '1 B'],
          ['longer:v1', ''],
        ],
      ),
    ).toBe('Tag        Size\na:v1       1 B\nlonger:v1  \n')
  })

  it('shows the headings of an empty table', () => expect(renderTable(['Tag', 'Size'], [])).toBe('Tag  Size\n'))

  it('never wraps, and keeps a row a line', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.string({ unit: 'binary', maxLength: 300 }), fc.string({ unit: 'binary' }))),
        rows => {
          const text = renderTable(['A', 'B'], rows)
          expect(text.split('\n')).toHaveLength(rows.length + 2)
          expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u)
        },
      ),
    )
  })
})
