import { BentoError, type ErrorCode, isBentoError, systemCode } from '../core/errors.js'

const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])
const REFUSED = new Set(['EROFS', 'EACCES', 'EPERM'])

/** Whether the system says that the disk, the quota or the file size limit is used up. */
export function isDiskFull(error: unknown): boolean {
  return FULL.has(systemCode(error) ?? '')
}

/** Whether the system says that the path is not there. */
export function isMissing(error: unknown): boolean {
  const code = systemCode(error)
  return code === 'ENOENT' || code === 'ENOTDIR'
}

/**
 * Turns a system error of a **writing** operation into a {@link BentoError} with the system error as `cause`:
 * `DISK_FULL` for ENOSPC, EDQUOT and EFBIG, `STORE_READ_ONLY` for EROFS, EACCES and EPERM, `HOME_INVALID` for
 * ENOTDIR (a file stands where a folder of the home belongs), else `IO_FAILED`. A BentoError passes unchanged.
 *
 * @param doing what was attempted, to follow "Cannot": `save the model`
 */
export function ioError(error: unknown, doing: string, path: string): BentoError {
  if (isBentoError(error)) return error
  const code = systemCode(error)
  const reason = `Cannot ${doing} at ${path}: ${code ?? (error instanceof Error ? error.message : String(error))}.`
  const make = (kind: ErrorCode, hint?: string) =>
    new BentoError(kind, reason, {
      cause: error,
      details: { path, systemCode: code },
      ...(hint === undefined ? {} : { hint }),
    })
  if (isDiskFull(error)) return make('DISK_FULL', 'Free some space, then try again: nothing was left half done.')
  if (REFUSED.has(code ?? '')) {
    return make('STORE_READ_ONLY', 'Make it writable for this user, or point BENTOML_HOME at a folder that is.')
  }
  if (code === 'ENOTDIR') return make('HOME_INVALID', 'A file stands where the store needs a folder.')
  if (code === 'EXDEV') {
    return make('IO_FAILED', 'The folders "tmp", "models" and "bentos" of a home must lie on one file system.')
  }
  return make('IO_FAILED')
}

/** The same for a **reading** operation: `HOME_INVALID` for ENOTDIR, else `IO_FAILED`. */
export function readError(error: unknown, doing: string, path: string): BentoError {
  if (isBentoError(error)) return error
  const code = systemCode(error)
  const reason = `Cannot ${doing} at ${path}: ${code ?? (error instanceof Error ? error.message : String(error))}.`
  if (code === 'ENOTDIR') {
    return new BentoError('HOME_INVALID', reason, {
      cause: error,
      hint: 'A file stands where the store needs a folder.',
    })
  }
  return new BentoError('IO_FAILED', reason, { cause: error, details: { path, systemCode: code } })
}
