/**
 * Every code a {@link BentoError} can carry, with what it means.
 * The union is closed: tools may switch over it, and `docs/errors.md` lists each one.
 */
export const ERROR_CODES = {
  TAG_INVALID: 'a tag, name or version breaks the grammar',
  TAG_EXISTS: 'the store already holds that tag; tags are immutable',
  TAG_NOT_FOUND: 'no item of the store answers to that tag',
  TAG_AMBIGUOUS: 'a version prefix matches more than one version',
  REQUEST_INVALID: 'a model request breaks the grammar',
  VALUE_INVALID: 'a label, metadata or other value cannot be stored or read back by Python',
  MANIFEST_INVALID: 'a model.yaml or bento.yaml is malformed or does not belong where it lies',
  MODEL_IN_USE: 'a stored bento still uses the model',
  MODEL_IN_CLIENT: 'browser code imports a model',
  MODEL_GONE: 'a model was deleted while the build or import that needs it was running',
  HOME_INVALID: 'the store home is not a usable folder',
  STORE_READ_ONLY: 'the store cannot be written',
  DISK_FULL: 'no space left where the store is',
  IO_FAILED: 'the file system refused an operation',
  OPTION_INVALID: 'an option of the plugin, library or CLI has a wrong value',
  BENTOFILE_INVALID: 'a bentofile is malformed or says something that is not possible',
  BUNDLER_MISSING: 'the project has no Vite that can build it',
  BUILD_FAILED: 'the bundler failed, or made no bento',
  USAGE: 'the command line is wrong',
  SERVICE_NOT_FOUND: 'the service entry does not exist',
  SERVICE_UNSUPPORTED: 'the service uses something a bento cannot hold',
  CLIENT_NOT_FOUND: 'the web client that the bento is to carry is not there',
  OUTPUT_CONFLICT: 'the bundler writes the service more than once, or over a file of the bento',
  LOCK_MISSING: 'the project has no lockfile',
  LOCK_INVALID: 'the lockfile does not parse or holds something unsafe',
  LOCK_STALE: 'package.json and the lockfile disagree',
  LOCK_UNSUPPORTED: 'the lockfile is of a kind or version that cannot be used',
  LOCK_INCOMPLETE: 'the lockfile lacks versions or integrity that the bento needs',
  DEPENDENCY_NOT_LOCKED: 'the bundle imports a package that the lockfile does not hold',
  DEPENDENCY_CONFLICT: 'the bundle imports two versions of one package under one name',
  PLATFORM_MISSING: 'the lockfile lacks a package for a platform that the bento must be installable on',
  ENGINE_MISMATCH: 'this Node does not satisfy what the bento asks for',
  INSTALL_FAILED: 'installing the packages of a bento failed',
  SERVE_FAILED: 'the service could not be started',
  CONTAINERIZE_FAILED: 'an image of a bento could not be made',
  SOURCE_NOT_FOUND: 'there is nothing to pack or import at that path',
  REMOTE_FAILED: 'an archive cannot be fetched from its URL',
  SOURCE_CHANGED: 'a file changed while it was being packed',
  TARGET_EXISTS: 'something stands where an archive or folder is to be written',
  TARGET_INVALID: 'the archive or folder cannot be written there',
  FORMAT_UNKNOWN: 'the format is not known, or not the one that was named',
  CODEC_MISSING: 'the format needs an optional package that is not installed',
  ARCHIVE_INVALID: 'an archive is truncated, corrupt, ambiguous or of a kind that cannot be read',
  ENTRY_NAME: 'an archive entry has a name that is unsafe or cannot be kept',
  ENTRY_KIND: 'an archive entry is a device, a link that leaves its folder, or another thing that cannot be kept',
  ENTRY_CLASH: 'two archive entries claim one place',
  LIMIT_EXCEEDED: 'an archive is larger, deeper or more tightly packed than the limits allow',
  DIGEST_MISMATCH: 'the content is not what its digest or checksums say',
} as const

/** A code of {@link ERROR_CODES}. */
export type ErrorCode = keyof typeof ERROR_CODES

/** What may accompany a {@link BentoError}. */
export interface BentoErrorOptions {
  /** How to mend it, as a sentence a user can act on. */
  hint?: string
  /** The error underneath. */
  cause?: unknown
  /** Machine-readable facts: candidates of a prefix, bentos that use a model, paths. */
  details?: Record<string, unknown>
}

/**
 * The one error class of this package. `message` says what failed, where and why, then the mend; `code` is what
 * programs test.
 *
 * @example
 * ```ts
 * try {
 *   await models.get('iris_clf:v9')
 * } catch (error) {
 *   if (isBentoError(error, 'TAG_NOT_FOUND')) console.log(error.hint)
 * }
 * ```
 */
export class BentoError extends Error {
  override readonly name = 'BentoError'
  readonly code: ErrorCode
  /** What failed and why, without the mend. */
  readonly reason: string
  /** How to mend it. */
  readonly hint: string | undefined
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: ErrorCode, reason: string, options: BentoErrorOptions = {}) {
    super(options.hint === undefined ? reason : `${reason} ${options.hint}`, { cause: options.cause })
    this.code = code
    this.reason = reason
    this.hint = options.hint
    this.details = options.details ?? {}
  }
}

/** Whether `error` is a {@link BentoError}, of one of `codes` where some are given. */
export function isBentoError(error: unknown, ...codes: ErrorCode[]): error is BentoError {
  return error instanceof BentoError && (codes.length === 0 || codes.includes(error.code))
}

/** The `code` of a Node system error such as `ENOENT`, else undefined. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
