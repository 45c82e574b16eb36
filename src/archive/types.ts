import type { Chunks } from './bytes.js'

/**
 * Formats, named as BentoML names them. `bentomodel` and `bento` are `tar` in `xz`, as are `xz` files; `gz` and `bz2`
 * hold a `tar` too.
 */
export const ARCHIVE_FORMATS = ['bentomodel', 'bento', 'xz', 'gz', 'bz2', 'tar', 'zip', 'folder'] as const

/** One of {@link ARCHIVE_FORMATS}. */
export type ArchiveFormat = (typeof ARCHIVE_FORMATS)[number]

/**
 * How hard to compress: `fast` stores what hardly shrinks and compresses the rest quickly; `small` compresses
 * everything hard; a number from 0 to 9 compresses everything at that level of the format's own scale.
 */
export type PackLevel = 'fast' | 'small' | number

/** How far a work is. */
export interface ArchiveProgress {
  /** Bytes done. */
  done: number
  /** Bytes in all, where that is known. */
  total?: number
}

/** Told now and then, at most every few megabytes. */
export type OnArchiveProgress = (progress: ArchiveProgress) => void

/** Bounds of what an archive from outside may ask for. `Infinity` lifts one. */
export interface ExtractLimits {
  /** Bytes written in all. @default the free space of the disk, less a tenth */
  bytes: number
  /** Files, folders and links. @default 100_000 */
  entries: number
  /**
   * Bytes written for each byte read, once {@link unpacked} is passed.
   * @default 100
   */
  ratio: number
  /** Bytes that may be written whatever the {@link ratio}. @default 1 GiB */
  unpacked: number
  /** Bytes of a path. @default 1024 */
  path: number
  /** Bytes of one part of a path. @default 255 */
  part: number
  /** Parts of a path. @default 64 */
  depth: number
  /** Bytes of a header with names in it. @default 1 MiB */
  header: number
  /** Bytes of memory that unpacking may ask for. @default 128 MiB */
  memory: number
}

/** An archive to be read: a file, or a stream that can be read once. */
export interface ArchiveInput {
  /** Absolute path of a regular file; absent for streams. */
  path?: string
  /** Bytes, where known. */
  size?: number
  /** How to call it in messages: the path, or `the standard input`. */
  name: string
  /** The bytes from the beginning. To be called once. */
  chunks(): Chunks
}
