import type { FoundFormat } from './detect.js'
import type { OpenInput } from './input.js'
import type { ArchiveFormat, ExtractLimits, OnArchiveProgress } from './types.js'

/** How to {@link unpackInto}. */
export interface UnpackOptions {
  /** Named outright; content of another format is then refused. */
  format?: ArchiveFormat
  /** Those that are not given have their defaults. */
  limits?: Partial<ExtractLimits>
  /**
   * What becomes of links that stay inside: kept, replaced by copies of the files they point at, or refused.
   * @default 'keep', on Windows 'copy'
   */
  links?: 'keep' | 'copy' | 'refuse'
  /** Counts bytes of the archive as they are read, of a folder the bytes copied. */
  onProgress?: OnArchiveProgress
  /** Stops the work. */
  signal?: AbortSignal
  /** Hashes files on the way. @default false */
  hash?: boolean
  /** Makes files durable on the way (folders not): the report's files are then synced. @default false */
  sync?: boolean
}

/** A file that came out of an archive. */
export interface UnpackedFile {
  /** POSIX path. */
  path: string
  /** Bytes. */
  size: number
  executable: boolean
  /** 64 hex digits, where {@link UnpackOptions.hash} was asked for. */
  sha256?: string
}

/** What came out of an archive. */
export interface UnpackReport {
  /** By content. */
  format: FoundFormat
  /** Files, folders (those of the archive) and links. */
  entries: number
  /** Bytes of the files. */
  bytes: number
  /** Regular files, copies of links among them, sorted by path. */
  files: UnpackedFile[]
  /** Links that were kept, sorted by path. */
  links: { path: string; target: string }[]
  /** What would be trouble on another system, as sentences: names that Windows reserves, or that differ in case only. */
  warnings: string[]
}

/**
 * Unpacks into an empty folder of the caller's, who removes it when this throws. Closes the input.
 *
 * @throws `ARCHIVE_INVALID`, `FORMAT_UNKNOWN`, `ENTRY_NAME`, `ENTRY_KIND`, `ENTRY_CLASH`, `LIMIT_EXCEEDED`,
 * `DISK_FULL`, `IO_FAILED`, `OPTION_INVALID`
 */
export async function unpackInto(
  _input: OpenInput,
  _emptyDir: string,
  _options: UnpackOptions = {},
): Promise<UnpackReport> {
  throw new Error('being built')
}
