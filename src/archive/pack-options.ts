import { BentoError } from '../core/errors.js'
import type { PackLevel } from './types.js'

/** 1980-01-01T00:00:00Z, the earliest time that a zip can hold: seconds since 1970. */
const EARLIEST = 315_532_800
/** 2107-12-31T23:59:58Z, the latest one. */
const LATEST = 4_354_819_198

/**
 * The time that entries get, in seconds since 1970.
 *
 * @throws `OPTION_INVALID` where not every format can hold it
 */
export function checkMtime(mtime: Date | number = EARLIEST): number {
  const exact = mtime instanceof Date ? mtime.getTime() / 1000 : mtime
  const seconds = Math.floor(exact / 2) * 2
  if (typeof exact === 'number' && seconds >= EARLIEST && seconds <= LATEST) return seconds
  throw new BentoError('OPTION_INVALID', `The option "mtime" cannot be ${String(mtime)}.`, {
    hint: 'Give a Date, or seconds since 1970, from 1980 to 2107: a zip holds no others.',
  })
}

/** @throws `OPTION_INVALID` */
export function checkLevel(level: PackLevel = 'fast'): PackLevel {
  const isNumber = typeof level === 'number' && Number.isInteger(level) && level >= 0 && level <= 9
  if (level === 'fast' || level === 'small' || isNumber) return level
  throw new BentoError('OPTION_INVALID', `The option "level" cannot be ${JSON.stringify(level)}.`, {
    hint: 'Use "fast", "small" or a whole number from 0 to 9.',
  })
}
