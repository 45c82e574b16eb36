import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ARCHIVE_FORMATS } from '../../src/archive/types.js'
import { readFormat, readLevel } from '../../src/cli/values/archive-options.js'
import { parseBytes } from '../../src/cli/values/bytes.js'
import { addLimit, LIMIT_NAMES } from '../../src/cli/values/limits.js'

const wrong = (reason: RegExp, hint: RegExp) =>
  expect.objectContaining({
    code: 'USAGE',
    reason: expect.stringMatching(reason),
    hint: expect.stringMatching(hint),
  })

describe('a number of bytes', () => {
  it.each([
    ['0', 0],
    ['500000', 500_000],
    ['12 B', 12],
    ['1KiB', 1024],
    ['1.5 GiB', 1.5 * 2 ** 30],
    ['20G', 20 * 2 ** 30],
    ['20g', 20 * 2 ** 30],
    ['20Gi', 20 * 2 ** 30],
    ['20GB', 20e9],
    ['2tib', 2 * 2 ** 40],
    ['1P', 2 ** 50],
    ['0.1KiB', 102],
  ])('%s', (text, bytes) => expect(parseBytes(text)).toBe(bytes))

  it.each([
    '',
    'GiB',
    '-1',
    '1e9',
    '1,5G',
    '1.G',
    '.5G',
    '1 XiB',
    '1iB',
    '1  G',
    '1\nG',
    '0x10',
    '9P9',
    '99999P',
    'NaN',
  ])('is not %j', text => expect(parseBytes(text)).toBeUndefined())

  it('is whole, whatever is typed', () => {
    fc.assert(
      fc.property(fc.string(), text => {
        const bytes = parseBytes(text)
        expect(bytes === undefined || (Number.isSafeInteger(bytes) && bytes >= 0)).toBe(true)
      }),
    )
  })
})

describe('--limit', () => {
  it('takes each of the limits once', () => {
    const limits = LIMIT_NAMES.reduce((before, name) => addLimit(`${name}=7`, before), {})
    expect(limits).toEqual(Object.fromEntries(LIMIT_NAMES.map(name => [name, 7])))
    expect(() => addLimit('depth=8', limits)).toThrow(wrong(/^--limit gives depth twice\.$/, /once/))
  })

  it('takes sizes, counts, and unlimited', () => {
    expect(addLimit('bytes=20GiB')).toEqual({ bytes: 20 * 2 ** 30 })
    expect(addLimit('entries=unlimited', { ratio: 5 })).toEqual({ ratio: 5, entries: Number.POSITIVE_INFINITY })
  })

  it.each<[string, RegExp, RegExp]>([
    ['foo=1', /^"foo" is no limit\.$/, /^The limits are bytes, entries, .*memory\.$/],
    ['entrie=1', /^"entrie" is no limit/, /^Did you mean entries\? The limits are/],
    ['__proto__=1', /"__proto__" is no limit/, /The limits are/],
    ['bytes', /--limit "bytes" is not of the form key=value/, /--limit bytes=20GiB/],
    ['bytes=', /--limit bytes="" is not a size/, /bytes=20GiB, or bytes=unlimited/],
    ['bytes=many', /bytes="many" is not a size above 0/, /bytes=unlimited/],
    ['bytes=0', /bytes="0" is not a size above 0/, /bytes=unlimited/],
    ['entries=20GiB', /entries="20GiB" is not a whole number/, /entries=500000, or entries=unlimited/],
    ['depth=1.5', /depth="1.5" is not a whole number/, /depth=unlimited/],
    ['ratio=-1', /ratio="-1" is not a whole number/, /ratio=unlimited/],
    ['ratio=Unlimited', /ratio="Unlimited"/, /ratio=unlimited/],
  ])('refuses %s', (text, reason, hint) => expect(() => addLimit(text)).toThrow(wrong(reason, hint)))
})

describe('--format', () => {
  it.each<[string, string]>([
    ...ARCHIVE_FORMATS.map((format): [string, string] => [format, format]),
    ['tgz', 'gz'],
    ['tar.xz', 'xz'],
    ['ZIP', 'zip'],
  ])('%s', (text, format) => expect(readFormat(text)).toBe(format))

  it.each<[string, RegExp]>([
    ['zipp', /^Did you mean zip\? The formats are bentomodel, bento, xz, gz, bz2, tar, zip, folder\.$/],
    ['gzip', /^Did you mean gz\?/],
    ['fodler', /^Did you mean folder\?/],
    ['constructor', /^The formats are/],
    ['7z', /^The formats are/],
    ['', /^The formats are/],
  ])('refuses %j', (text, hint) => expect(() => readFormat(text)).toThrow(wrong(/ is no format\.$/, hint)))
})

describe('--level', () => {
  it.each<[string, unknown]>([
    ['fast', 'fast'],
    ['small', 'small'],
    ['0', 0],
    ['9', 9],
  ])('%s', (text, level) => expect(readLevel(text)).toBe(level))

  it.each(['12', '-1', '1.5', 'best', '', '٣'])('refuses %j', text =>
    expect(() => readLevel(text)).toThrow(wrong(/ is no level\.$/, /fast, small, and whole numbers from 0 to 9/)),
  )
})
