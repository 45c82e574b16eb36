import { stripVTControlCharacters } from 'node:util'
import { BentoError, isBentoError } from '../core/errors.js'
import { originOf } from '../plugin/part.js'

/**
 * What a failed build is told as: our own error where the plugin threw one, else `BUILD_FAILED` with the bundler's words.
 * The bundler's error is the cause.
 */
export function buildFailure(error: unknown): BentoError {
  if (isBentoError(error)) return error
  const origin = originOf(error)
  if (origin === undefined) return new BentoError('BUILD_FAILED', wordsOf(error), { cause: error })
  const { code, reason, hint, details } = origin
  return new BentoError(code, reason, { cause: error, details, ...(hint === undefined ? {} : { hint }) })
}

/** The message, and the piece of code that it is about. */
function wordsOf(error: unknown): string {
  const { message, frame } = Object(error) as { message?: unknown; frame?: unknown }
  const words = typeof message === 'string' && message !== '' ? message : String(error)
  const hasFrame = typeof frame === 'string' && frame !== '' && !words.includes(frame)
  return stripVTControlCharacters(hasFrame ? `${words}\n${frame}` : words).trim()
}
