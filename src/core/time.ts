/** A moment as BentoML writes and compares it. */
export interface Moment {
  /** Microseconds since 1970 in UTC, the precision of Python's `datetime`. */
  readonly micros: bigint
  /** True where the text gave no offset; it is then taken as UTC. Python refuses to compare such times with others. */
  readonly naive: boolean
}

const MICROS_PER_SECOND = 1_000_000n
/** Wall clock and monotonic clock may drift apart by this much, in microseconds, before they are brought together. */
const DRIFT = 2000

let skew = 0
let last = 0n

/**
 * The time in microseconds since 1970, UTC. Strictly increasing within one process, so that two items saved one after
 * the other never share a creation time.
 */
export function now(): bigint {
  // `Date.now` knows milliseconds only; the performance clock is finer, but stands still while the machine sleeps.
  const fine = Math.round((performance.timeOrigin + performance.now()) * 1000)
  const wall = Date.now() * 1000 + 500
  if (Math.abs(fine + skew - wall) > DRIFT) skew = wall - fine
  const micros = BigInt(fine + skew)
  last = micros > last ? micros : last + 1n
  return last
}

/**
 * Writes a time as Python's `datetime.isoformat()` does for UTC: `2024-01-02T03:04:05.123456+00:00`; whole seconds
 * have no fraction. Every Python that BentoML supports reads this form, which is not true of `Z` or of other fractions.
 *
 * @param micros microseconds since 1970.
 */
export function isoTime(micros: bigint): string {
  const fraction = ((micros % MICROS_PER_SECOND) + MICROS_PER_SECOND) % MICROS_PER_SECOND
  const milliseconds = Number((micros - fraction) / 1000n)
  const seconds = new Date(milliseconds).toISOString().slice(0, 19)
  return fraction === 0n ? `${seconds}+00:00` : `${seconds}.${String(fraction).padStart(6, '0')}+00:00`
}

// ISO 8601 as Python's `datetime.fromisoformat` and PyYAML's timestamps read it: a date, or a date and a time.
const DATE = /^(?<year>\d{4})-(?<month>\d{1,2})-(?<day>\d{1,2})/
const CLOCK = /^(?:[Tt]|[ \t]+)(?<hour>\d{1,2}):(?<minute>\d{2})(?::(?<second>\d{2})(?:[.,](?<fraction>\d*))?)?[ \t]*/
const ZONE = /^(?:[Zz]|(?<sign>[-+])(?<hours>\d{1,2}):?(?<minutes>\d{2})?(?::(?<seconds>\d{2}))?)$/

/** As BentoML and we write it, on a day that every month has: quick to read, which a list of thousands needs. */
const USUAL =
  /^(?!0000)\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3])(?::[0-5]\d){2}(?:\.\d{6})?\+00:00$/

/**
 * Reads a creation time, for comparing. Undefined where the text is none.
 *
 * @example
 * ```ts
 * parseTime('2024-01-02T03:04:05.5+01:00')?.micros // 1704161045500000n
 * ```
 */
export function parseTime(text: string): Moment | undefined {
  const whole = usualSecond(text)
  if (whole !== undefined) {
    return { micros: BigInt(whole) * 1000n + BigInt(text.slice('2024-01-02T03:04:05.'.length, -6)), naive: false }
  }
  const [dateText = '', ...date] = DATE.exec(text) ?? []
  const days = dayNumber(date.map(Number))
  if (days === undefined) return undefined
  const rest = text.slice(dateText.length)
  if (rest === '') return { micros: BigInt(days) * 86_400n * MICROS_PER_SECOND, naive: true }
  const clock = CLOCK.exec(rest)
  if (clock === null) return undefined
  const { hour, minute, second = 0, fraction = '' } = clock.groups ?? {}
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined
  const offset = zoneSeconds(rest.slice(clock[0].length))
  if (offset === undefined) return undefined
  const seconds = days * 86_400 + Number(hour) * 3600 + Number(minute) * 60 + Number(second) - (offset ?? 0)
  const micros = BigInt(seconds) * MICROS_PER_SECOND + BigInt(fraction.slice(0, 6).padEnd(6, '0'))
  return { micros, naive: offset === null }
}

/** Milliseconds since 1970 of the whole second of a time in the usual form. */
function usualSecond(text: string): number | undefined {
  return USUAL.test(text) ? Date.parse(`${text.slice(0, 19)}Z`) : undefined
}

/** Days since 1970; undefined where there is no such day. */
function dayNumber([year = 0, month = 0, day = 0]: number[]): number | undefined {
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  const real = year > 0 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day
  return real ? date.getTime() / 86_400_000 : undefined
}

/** Offset from UTC in seconds, null where none is given, undefined where the text is none. */
function zoneSeconds(text: string): number | null | undefined {
  if (text === '') return null
  const zone = ZONE.exec(text)
  if (zone === null) return undefined
  const { sign, hours = 0, minutes = 0, seconds = 0 } = zone.groups ?? {}
  const total = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)
  if (Number(minutes) > 59 || Number(seconds) > 59 || total >= 86_400) return undefined
  return sign === '-' ? -total : total
}

/**
 * A creation time as BentoML's tables show it: local time, `2024-01-02 03:04:05`. Text that is no time is given back.
 */
export function localTime(text: string): string {
  const moment = usualSecond(text) ?? parseTime(text)?.micros
  if (moment === undefined) return text
  const date = new Date(typeof moment === 'number' ? moment : Number(moment / 1000n))
  const two = (value: number) => String(value).padStart(2, '0')
  const day = `${String(date.getFullYear()).padStart(4, '0')}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
}
