import type { Writable } from 'node:stream'
import { BentoError } from '../core/errors.js'
import { visible } from '../core/text.js'
import { checkOptions } from './check-options.js'
import type { PackEntry } from './entries.js'
import { formatOfName, parseFormat } from './format-name.js'
import { pathOf } from './input.js'
import { FileOutput } from './output.js'
import { packFolder } from './pack-folder.js'
import { checkLevel, checkMtime } from './pack-options.js'
import { orderEntries } from './pack-order.js'
import { observed, Reporter } from './progress.js'
import { heedingErrors } from './stream-errors.js'
import { isStream, StreamOutput } from './stream-output.js'
import { refuseInside } from './target-place.js'
import { treeEntries } from './tree.js'
import { ARCHIVE_FORMATS, type ArchiveFormat, type OnArchiveProgress, type PackLevel } from './types.js'
import { writeArchive } from './write-archive.js'

/** Where an archive goes: the path of a file (for `folder`, of a folder), as text or `file:` URL, or a stream, which is not ended. */
export type PackDestination = string | URL | Writable

/** How to {@link pack}. */
export interface PackOptions {
  /** @default what the name of the destination says */
  format?: ArchiveFormat | undefined
  /** @default 'fast' */
  level?: PackLevel | undefined
  /**
   * Time that every entry gets, a `Date` or seconds since 1970; from 1980 to 2107, even (a zip
   * counts in twos). The format `folder` has times of its own.
   * @default 1980-01-01T00:00:00Z
   */
  mtime?: Date | number | undefined
  /** Replaces what stands at the destination. @default false */
  force?: boolean | undefined
  /** Counts bytes of content. */
  onProgress?: OnArchiveProgress | undefined
  /** Stops the work; nothing is left of it, and the signal's reason is thrown. */
  signal?: AbortSignal | undefined
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
 * Packs what a folder holds. The same content gives the same bytes, whatever its owner, clock or machine.
 *
 * @throws `SOURCE_NOT_FOUND`, `SOURCE_CHANGED`, `TARGET_EXISTS`, `TARGET_INVALID`, `FORMAT_UNKNOWN`, `CODEC_MISSING`,
 * `ENTRY_NAME`, `ENTRY_KIND`, `ENTRY_CLASH`, `DISK_FULL`, `OPTION_INVALID`, `IO_FAILED`
 *
 * @example
 * ```ts
 * await pack('dist', 'out/dist.tar.gz')
 * await pack('weights', process.stdout, { format: 'xz' })
 * ```
 */
export async function pack(
  dir: string | URL,
  destination: PackDestination,
  options: PackOptions = {},
): Promise<PackReport> {
  checkOptions(options)
  const source = pathOf(dir)
  const format = formatFor(destination, options.format)
  return heedingErrors(destination, async () => {
    // Said before the walk, which may be long.
    if (!isStream(destination)) await refuseInside(pathOf(destination), [source])
    return packEntries(await treeEntries(source), destination, { ...options, format, sources: [source] })
  })
}

/**
 * Packs entries, in whatever order they come: they are sorted, folders above them are added, and their names and
 * places judged as an import would.
 *
 * @throws as {@link pack}
 */
export async function packEntries(
  entries: readonly PackEntry[],
  destination: PackDestination,
  options: PackEntriesOptions,
): Promise<PackReport> {
  const { force = false, signal } = options
  const format = parseFormat(options.format)
  const level = checkLevel(options.level)
  const mtime = checkMtime(options.mtime)
  const path = isStream(destination) ? undefined : pathOf(destination)
  if (path !== undefined) await refuseInside(path, options.sources ?? [])
  const ordered = orderEntries(entries)
  const contentBytes = ordered.reduce((sum, entry) => sum + (entry.kind === 'file' ? entry.size : 0), 0)
  const reporter = new Reporter(options.onProgress, contentBytes)
  const report = { ...(path === undefined ? {} : { path }), format, contentBytes, entries: ordered.length }
  try {
    signal?.throwIfAborted()
    const watched = observed(ordered, reporter, signal)
    if (format === 'folder') {
      if (path === undefined) throw noStream()
      await packFolder(watched, path, { force, contentBytes, signal })
      reporter.end()
      return { ...report, bytes: contentBytes }
    }
    const open = (size?: number) =>
      isStream(destination) ? new StreamOutput(destination, signal) : FileOutput.open(pathOf(destination), force, size)
    const bytes = await writeArchive(watched, format, { level, mtime, signal }, open)
    reporter.end()
    return { ...report, bytes }
  } catch (error) {
    signal?.throwIfAborted()
    throw error
  }
}

/** The format that a call asks for. @throws `FORMAT_UNKNOWN` */
function formatFor(destination: PackDestination, format: string | undefined): ArchiveFormat {
  if (format !== undefined) return parseFormat(format)
  const name = isStream(destination) ? undefined : pathOf(destination)
  const guessed = name === undefined ? undefined : formatOfName(name)
  if (guessed !== undefined) return guessed
  const what = name === undefined ? 'A stream' : visible(name)
  throw new BentoError('FORMAT_UNKNOWN', `${what} does not tell the format of the archive.`, {
    hint: `Give the option "format": ${ARCHIVE_FORMATS.join(', ')}.`,
  })
}

function noStream(): BentoError {
  return new BentoError('OPTION_INVALID', 'A folder cannot be written to a stream.', { hint: 'Use the format "tar".' })
}
