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

// What `datetime.fromisoformat` of Python 3.11 and PyYAML's timestamps have in common with ISO 8601, and no more.
const TIME =
  /^(\d{4})-(\d{1,2})-(\d{1,2})(?:(?:[Tt]|[ \t]+)(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?[ \t]*(Z|z|([+-])(\d{1,2}):?(\d{2})?(?::(\d{2}))?)?)?$/

/**
 * Reads a creation time, for comparing. Undefined where the text is none.
 *
 * @example
 * ```ts
 * parseTime('2024-01-02T03:04:05.5+01:00')?.micros // 1704161045500000n
 * ```
 */
export function parseTime(text: string): Moment | undefined {
  const match = TIME.exec(text)
  if (match === null) return undefined
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', zone, sign] = match
  const milliseconds = Date.UTC(+year!, +month! - 1, +day!, +hour, +minute, +second)
  const date = new Date(milliseconds)
  // Date.UTC rolls 31 February over into March and reads years below 100 as 19xx: neither is what was written.
  if (date.getUTCMonth() !== +month! - 1 || date.getUTCFullYear() !== +year! || +hour > 23) return undefined
  if (+minute > 59 || +second > 59) return undefined
  const [, , , , , , , , , , offsetHours = '0', offsetMinutes = '0', offsetSeconds = '0'] = match
  const offset = BigInt(+offsetHours * 3600 + +offsetMinutes * 60 + +offsetSeconds) * MICROS_PER_SECOND
  const micros = BigInt(milliseconds) * 1000n + BigInt(fraction.slice(0, 6).padEnd(6, '0'))
  return { micros: sign === '-' ? micros + offset : micros - offset, naive: zone === undefined }
}

/**
 * A creation time as BentoML's tables show it: local time, `2024-01-02 03:04:05`. Text that is no time is given back.
 */
export function localTime(text: string): string {
  const moment = parseTime(text)
  if (moment === undefined) return text
  const date = new Date(Number(moment.micros / 1000n))
  const two = (value: number) => String(value).padStart(2, '0')
  const day = `${String(date.getFullYear()).padStart(4, '0')}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
}
