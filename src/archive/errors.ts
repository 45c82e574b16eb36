import { BentoError, type ErrorCode, isBentoError, systemCode } from '../core/errors.js'
import { visible } from '../core/text.js'
import { isDiskFull, isMissing } from '../files/errors.js'
import type { FoundEntry } from './entries.js'

const DENIED = new Set(['EACCES', 'EPERM', 'EROFS'])
/** What file systems say to a name that they can't keep. */
const NAME_REFUSED = new Set(['ENAMETOOLONG', 'EILSEQ', 'EINVAL'])

/** Folders above are made, so that one that is missing can't be. */
const MISSING_HINTS: Readonly<Record<string, string>> = {
  ENOENT: 'No folder can be made there: choose another path.',
  ENOTDIR: 'A file stands where a folder is needed.',
  EEXIST: 'A file stands where a folder is needed.',
}

/** A name from outside, fit to be printed: in quotes, nothing in it steers a terminal. */
export function quoted(name: string): string {
  return visible(JSON.stringify(name))
}

/** An entry is refused: says which, and why. */
export function entryError(
  code: ErrorCode,
  entry: Pick<FoundEntry, 'index' | 'name'>,
  why: string,
  hint?: string,
): BentoError {
  return new BentoError(code, `Entry ${entry.index}, ${quoted(entry.name)}, is refused: ${why}.`, {
    ...(hint === undefined ? {} : { hint }),
    details: { entry: entry.index, name: entry.name },
  })
}

/** A link is refused: says which, and what it is, to follow "it is". */
export function linkError(entry: Pick<FoundEntry, 'index' | 'name'>, what: string): BentoError {
  return entryError('ENTRY_KIND', entry, `it is ${what}`, 'Repack it with the file itself, or a relative link inside.')
}

/** Readers disagree about an archive without entries, and nobody wants one. */
export function nothingIn(): BentoError {
  return new BentoError('ARCHIVE_INVALID', 'There is nothing in the archive.', {
    hint: 'Get it again, or export it again.',
  })
}

/** The system refused to make an entry's file, folder or link. */
export function placeError(error: unknown, entry: Pick<FoundEntry, 'index' | 'name'>, dir: string): BentoError {
  if (isBentoError(error)) return error
  const code = systemCode(error) ?? ''
  if (code === 'EEXIST') {
    return entryError(
      'ENTRY_CLASH',
      entry,
      'this disk takes its name for that of an earlier entry, or as one that is reserved',
      'Names may differ in case or Unicode form only; repack it, or unpack it on a disk that tells them apart.',
    )
  }
  if (NAME_REFUSED.has(code)) return entryError('ENTRY_NAME', entry, `this disk cannot keep that name (${code})`)
  return targetError(error, 'unpack', dir)
}

/**
 * Turns a system error of writing into a coded one: `DISK_FULL`, `TARGET_INVALID` where writing is not allowed or
 * possible there, else `IO_FAILED`. Errors that have a code of ours pass.
 *
 * @param doing to follow "Cannot": `pack`, `unpack`
 */
export function targetError(error: unknown, doing: string, path: string): BentoError {
  if (isBentoError(error)) return error
  const code = systemCode(error)
  const reason = `Cannot ${doing} to ${visible(path)}: ${code ?? messageOf(error)}.`
  const rest = { cause: error, details: { path, systemCode: code } }
  if (isDiskFull(error)) {
    return new BentoError('DISK_FULL', reason, { ...rest, hint: 'Free some space there: nothing was left half done.' })
  }
  if (DENIED.has(code ?? '')) {
    return new BentoError('TARGET_INVALID', reason, { ...rest, hint: 'Choose a folder that this user may write to.' })
  }
  if (isMissing(error) || code === 'EEXIST') {
    return new BentoError('TARGET_INVALID', reason, {
      ...rest,
      hint: MISSING_HINTS[code ?? ''] ?? 'Choose another path.',
    })
  }
  return new BentoError('IO_FAILED', reason, rest)
}

/** Turns a system error of reading into a coded one: `SOURCE_NOT_FOUND` or `IO_FAILED`. */
export function sourceError(error: unknown, path: string): BentoError {
  if (isBentoError(error)) return error
  const code = systemCode(error)
  const rest = { cause: error, details: { path, systemCode: code } }
  if (isMissing(error)) {
    return new BentoError('SOURCE_NOT_FOUND', `There is nothing at ${visible(path)}.`, {
      ...rest,
      hint: 'Check the path.',
    })
  }
  return new BentoError('IO_FAILED', `Cannot read ${visible(path)}: ${code ?? messageOf(error)}.`, rest)
}

function messageOf(error: unknown): string {
  return visible(error instanceof Error ? error.message : String(error))
}
