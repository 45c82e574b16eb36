import { BentoError, type ErrorCode } from '../../core/errors.js'
import { quoted } from '../errors.js'

/** Characters of a name that a message shows. */
const SHOWN = 200

/** A name from outside as a message may show it. */
export function entryInQuotes(name: string): string {
  return quoted(name.length > SHOWN ? `${name.slice(0, SHOWN)}…` : name)
}

/** The archive as a whole cannot be read. @param what is wrong, to follow "The zip archive" */
export function refuseArchive(what: string, cause?: unknown): BentoError {
  return new BentoError('ARCHIVE_INVALID', `The zip archive ${what}.`, {
    hint: 'It is damaged, or made to be misread: get it anew.',
    ...(cause === undefined ? {} : { cause }),
  })
}

/** An entry cannot be read. @param what is wrong, to follow its name */
export function refuseEntry(
  entry: { index: number; name: string },
  what: string,
  code: ErrorCode = 'ARCHIVE_INVALID',
  cause?: unknown,
): BentoError {
  return new BentoError(code, `Entry ${entry.index} of the zip archive, ${entryInQuotes(entry.name)}, ${what}.`, {
    details: { entry: entry.index, name: entry.name },
    ...(cause === undefined ? {} : { cause }),
  })
}
