import { tmpdir } from 'node:os'
import { BentoError, isBentoError } from '../core/errors.js'
import type { Chunks } from './bytes.js'
import { decoderOf } from './codecs.js'
import { detectFormat, type FoundFormat } from './detect.js'
import type { FoundEntries, FoundEntry } from './entries.js'
import { parseFormat } from './format-name.js'
import { readFolder } from './found-folder.js'
import type { OpenInput } from './input.js'
import { Meter, resolveLimits } from './limits.js'
import { placeEntries } from './place.js'
import { Reporter } from './progress.js'
import { Spool } from './spool.js'
import type { ArchiveFormat, ArchiveInput, ExtractLimits, OnArchiveProgress } from './types.js'

/** How to {@link unpackInto}. */
export interface UnpackOptions {
  /** Named outright; content of another format is then refused. */
  format?: ArchiveFormat | undefined
  /** Those that are not given have their defaults. */
  limits?: { readonly [name in keyof ExtractLimits]?: number | undefined } | undefined
  /**
   * What becomes of links that stay inside: kept, replaced by copies of the files they point at, or refused.
   * @default 'keep', on Windows 'copy'
   */
  links?: 'keep' | 'copy' | 'refuse' | undefined
  /** Counts bytes of the archive as they are read; of a zip and a folder the bytes that come out. */
  onProgress?: OnArchiveProgress | undefined
  /** Stops the work: its reason is thrown. */
  signal?: AbortSignal | undefined
  /** Hashes files on the way; a function is asked at the beginning of each. @default false */
  hash?: boolean | (() => boolean) | undefined
  /** Makes files durable on the way, and folders at the end. @default false */
  sync?: boolean | undefined
  /** Private folder for what has to be kept on the way: a zip that comes as a stream. @default that of the system */
  temp?: string | undefined
  /** A file to be told of as soon as it is there. */
  early?: EarlyFile | undefined
}

/** A file that tells whether the rest is wanted at all: a manifest. */
export interface EarlyFile {
  /** POSIX path. */
  path: string
  /** Called once the file can be read, before the next entry is; what it throws ends the work. */
  arrived(): Promise<void>
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
 * `DISK_FULL`, `TARGET_INVALID`, `SOURCE_CHANGED`, `IO_FAILED`, `OPTION_INVALID`
 */
export async function unpackInto(
  input: OpenInput,
  emptyDir: string,
  options: UnpackOptions = {},
): Promise<UnpackReport> {
  const { early, signal, sync = false } = options
  const hash = typeof options.hash === 'function' ? options.hash : () => options.hash === true
  // A stream may be waited for in vain: closed, it ends.
  const stop = () => void input.close().catch(() => undefined)
  signal?.addEventListener('abort', stop)
  try {
    signal?.throwIfAborted()
    const links = linksOption(options.links)
    const named = options.format === undefined ? undefined : parseFormat(options.format)
    const limits = await resolveLimits(options.limits ?? {}, emptyDir)
    const format = await detectFormat(input, named)
    // What lies in a folder is packed in nothing.
    const ratio = format === 'folder' ? Number.POSITIVE_INFINITY : limits.ratio
    const meter = new Meter({ ...limits, ratio }, input, options.limits?.bytes === undefined)
    const found = entriesOf(format, input, meter, options)
    const placed = await placeEntries(found, emptyDir, { meter, links, hash, sync, early, signal })
    return { format, entries: meter.entries, bytes: meter.bytes, ...placed }
  } catch (error) {
    signal?.throwIfAborted()
    throw naming(input.name, error)
  } finally {
    signal?.removeEventListener('abort', stop)
    await input.close()
  }
}

/** Readers of formats know nothing of files: says in which archive it is that they refuse. */
function naming(name: string, error: unknown): unknown {
  const refused = isBentoError(error, 'ARCHIVE_INVALID', 'ENTRY_NAME', 'ENTRY_KIND', 'ENTRY_CLASH', 'LIMIT_EXCEEDED')
  if (!refused || error.reason.includes(name)) return error
  const hint = error.hint === undefined ? {} : { hint: error.hint }
  return new BentoError(error.code, `${name}: ${error.reason}`, { ...hint, details: error.details, cause: error })
}

/** What is found in an archive of whatever format. Told how far it is where the work is: at the input, or at the output. */
async function* entriesOf(
  format: FoundFormat,
  input: OpenInput,
  meter: Meter,
  options: UnpackOptions,
): FoundEntries & AsyncGenerator<FoundEntry> {
  const { limits } = meter
  const isTar = format !== 'folder' && format !== 'zip'
  const reporter = new Reporter(options.onProgress, isTar ? (input.size ?? input.announced) : undefined)
  if (!isTar) meter.onWrote = bytes => reporter.add(bytes)
  if (format === 'folder') {
    yield* readFolder(input.path ?? '')
  } else if (format === 'zip') {
    const { readZip } = await import('./zip/read.js')
    const spool = input.kind === 'file' ? undefined : await Spool.of(input, limits, options.temp ?? tmpdir())
    try {
      yield* readZip(spool?.path ?? input.path ?? '', limits, total => {
        reporter.total = total
      })
    } finally {
      await spool?.remove()
    }
  } else {
    const { readTar } = await import('./tar/read.js')
    const decode = await decoderOf(format)
    const counted = { ...described(input), chunks: () => told(input.chunks(), reporter) }
    // A plain tar is what is read: it can't grow.
    yield* readTar(decode === undefined ? counted.chunks() : meter.layer(decode(counted, limits)), limits)
  }
  reporter.end()
}

function described({ path, size, name }: OpenInput): Omit<ArchiveInput, 'chunks'> {
  return { name, ...(path === undefined ? {} : { path }), ...(size === undefined ? {} : { size }) }
}

async function* told(chunks: Chunks, reporter: Reporter): Chunks & AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    reporter.add(chunk.length)
    yield chunk
  }
}

/** @throws `OPTION_INVALID` */
function linksOption(links: UnpackOptions['links']): 'keep' | 'copy' | 'refuse' {
  if (links === undefined) return process.platform === 'win32' ? 'copy' : 'keep'
  if (['keep', 'copy', 'refuse'].includes(links)) return links
  throw new BentoError('OPTION_INVALID', `The option "links" cannot be ${JSON.stringify(links)}.`, {
    hint: 'Use "keep", "copy" or "refuse".',
  })
}
