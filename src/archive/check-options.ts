import { BentoError } from '../core/errors.js'
import type { OnArchiveProgress } from './types.js'

/**
 * Holds that options are options at all, before any of them is used: what comes from JavaScript may be `null`, or a text
 * that was meant for one of them.
 *
 * @throws `OPTION_INVALID`
 */
export function checkOptions(options: {
  readonly onProgress?: OnArchiveProgress | undefined
  readonly signal?: AbortSignal | undefined
}): void {
  if (typeof options !== 'object' || options === null) {
    throw wrong(`The options cannot be ${JSON.stringify(options)}`, 'Give an object, or leave them out.')
  }
  const { onProgress, signal } = options
  if (onProgress !== undefined && typeof onProgress !== 'function') {
    throw wrong(`The option "onProgress" cannot be a ${typeof onProgress}`, 'Give a function.')
  }
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw wrong(`The option "signal" cannot be a ${typeof signal}`, 'Give the signal of an AbortController.')
  }
}

function wrong(reason: string, hint: string): BentoError {
  return new BentoError('OPTION_INVALID', `${reason}.`, { hint })
}
