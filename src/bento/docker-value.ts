import { BentoError } from '../core/errors.js'

/** What could end a line or be taken for one by a Dockerfile's reader: C0, DEL, C1 and Unicode's line separators. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not pass
const UNSAFE = /[\x00-\x1f\x7f-\x9f\u2028\u2029]/

/**
 * Quotes a value for a Dockerfile's `ENV`, `ARG` or `LABEL`: in double quotes, with `\`, `"` and `$` escaped.
 * Every value that goes into a Dockerfile passes here: quoting can't help against a line break, which Docker's lexer
 * sees first (the lesson of CVE-2026-44345 in BentoML).
 *
 * @param what names the value in the error: `envs.MODEL_NAME`
 * @throws `OPTION_INVALID` when it holds a control character or line separator.
 */
export function dockerValue(value: string, what: string): string {
  refuseUnsafe(value, what)
  return `"${value.replace(/[\\"$]/g, '\\$&')}"`
}

/** A command in exec form: no shell reads it. @throws `OPTION_INVALID` as {@link dockerValue} */
export function dockerCommand(words: readonly string[], what: string): string {
  for (const word of words) refuseUnsafe(word, what)
  return JSON.stringify(words)
}

/** Whether `text` holds what no line of a Dockerfile can carry. */
export function hasUnsafeCharacter(text: string): boolean {
  return UNSAFE.test(text)
}

function refuseUnsafe(value: string, what: string): void {
  const found = value.match(UNSAFE)?.[0]
  if (found === undefined) return
  const code = found.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')
  throw new BentoError('OPTION_INVALID', `${what} holds the character U+${code}, which no Dockerfile can carry.`, {
    hint: 'Values in a bento are one line of plain text; give longer ones when the service runs.',
  })
}
