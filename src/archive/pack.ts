import type { Writable } from 'node:stream'
import type { PackEntry } from './entries.js'
import type { ArchiveFormat, OnArchiveProgress, PackLevel } from './types.js'

/** Where an archive goes: the path of a file (for `folder`, of a folder), as text or `file:` URL, or a stream. */
export type PackDestination = string | URL | Writable

/** How to {@link pack}. */
export interface PackOptions {
  /** @default what the name of the destination says */
  format?: ArchiveFormat
  /** @default 'fast' */
  level?: PackLevel
  /**
   * Time that every entry gets, a `Date` or seconds since 1970; from 1980 to 2107, and even in a zip. Folders get none.
   * @default 1980-01-01T00:00:00Z
   */
  mtime?: Date | number
  /** Replaces what stands at the destination. @default false */
  force?: boolean
  /** Counts bytes of content. */
  onProgress?: OnArchiveProgress
  /** Stops the work; nothing is left of it. */
  signal?: AbortSignal
}

/** How {@link packEntries} packs. */
export interface PackEntriesOptions extends PackOptions {
  format: ArchiveFormat
  /** Folders that are packed: the destination must not lie in one. */
  sources?: readonly string[]
}

/** What was packed. */
export interface PackReport {
  /** Absolute path of what was written; absent for a stream. */
  path?: string
  format: ArchiveFormat
  /** Bytes of the archive. */
  bytes: number
  /** Bytes of the files in it. */
  contentBytes: number
  /** Files, folders and links. */
  entries: number
}

/**
 * Packs what a folder holds.
 *
 * @throws `SOURCE_NOT_FOUND`, `SOURCE_CHANGED`, `TARGET_EXISTS`, `TARGET_INVALID`, `FORMAT_UNKNOWN`, `CODEC_MISSING`,
 * `ENTRY_NAME`, `ENTRY_KIND`, `DISK_FULL`, `OPTION_INVALID`, `IO_FAILED`
 */
export async function pack(
  _dir: string | URL,
  _destination: PackDestination,
  _options: PackOptions = {},
): Promise<PackReport> {
  throw new Error('being built')
}

/**
 * Packs entries, in whatever order they come: they are sorted, folders above them are added, and their names and
 * places judged as an import would.
 */
export async function packEntries(
  _entries: readonly PackEntry[],
  _destination: PackDestination,
  _options: PackEntriesOptions,
): Promise<PackReport> {
  throw new Error('being built')
}
