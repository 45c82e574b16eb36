import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isoTime, localTime, now, parseTime } from '../../src/core/time.js'

test('times are written as Python writes them', () => {
  expect(isoTime(1704164645123456n)).toBe('2024-01-02T03:04:05.123456+00:00')
  expect(isoTime(1704164645000000n)).toBe('2024-01-02T03:04:05+00:00')
  expect(isoTime(1704164645000001n)).toBe('2024-01-02T03:04:05.000001+00:00')
  expect(isoTime(0n)).toBe('1970-01-01T00:00:00+00:00')
  expect(isoTime(-1n)).toBe('1969-12-31T23:59:59.999999+00:00')
})

test('what is written reads back to the microsecond, for every year Python knows', () => {
  const micros = fc.bigInt({ min: -62_135_596_800_000_000n, max: 253_402_300_799_999_999n })
  fc.assert(
    fc.property(micros, value => {
      expect(parseTime(isoTime(value))).toEqual({ micros: value, naive: false })
    }),
  )
})

test.each([
  ['2024-01-02T03:04:05.5+01:00', 1704161045500000n, false],
  ['2024-01-02T03:04:05.5-01:30', 1704170045500000n, false],
  ['2024-01-02T03:04:05Z', 1704164645000000n, false],
  ['2024-01-02 03:04:05.123456789 +00:00', 1704164645123456n, false],
  ['2024-01-02 03:04:05', 1704164645000000n, true],
  ['2024-01-02T03:04', 1704164640000000n, true],
  ['2024-01-02', 1704153600000000n, true],
  ['0001-01-01T00:00:00', -62_135_596_800_000_000n, true],
])('%s is a time', (text, micros, naive) => {
  expect(parseTime(text)).toEqual({ micros, naive })
})

test.each([
  '',
  'now',
  '2024',
  '2024-02-30',
  '2024-13-01',
  '2024-01-02T24:00:00Z',
  '2024-01-02T03:60:00Z',
  '2024-01-02T',
])('%j is none', text => {
  expect(parseTime(text)).toBeUndefined()
})

test('the clock only goes forward and stays near the wall clock', () => {
  const times = Array.from({ length: 10_000 }, now)
  expect(times.every((time, index) => index === 0 || time > (times[index - 1] ?? 0n))).toBe(true)
  expect(Math.abs(Number(now() / 1000n) - Date.now())).toBeLessThan(1000)
})

test('tables show local time; what is no time is shown as it is', () => {
  const date = new Date(2024, 0, 2, 3, 4, 5)
  expect(localTime(isoTime(BigInt(date.getTime()) * 1000n))).toBe('2024-01-02 03:04:05')
  expect(localTime('soon')).toBe('soon')
})
