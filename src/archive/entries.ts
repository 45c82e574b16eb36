import type { ByteSource, Chunks } from './bytes.js'

/** Something to be packed. Packers get them sorted by path, a folder before what it holds. */
export type PackEntry = PackFolder | PackFile | PackLink

interface Packed {
  /** POSIX path in the archive, in its simplest form: `src/server.js`. */
  path: string
}

export interface PackFolder extends Packed {
  kind: 'dir'
}

export interface PackLink extends Packed {
  kind: 'link'
  /** Relative, and inside the tree. */
  target: string
}

export interface PackFile extends Packed {
  kind: 'file'
  /** Bytes; exactly so many come from {@link open}, else it fails. */
  size: number
  executable: boolean
  /** Opens the content. The caller closes it, read to its end or not. */
  open(): Promise<OpenedFile>
  /**
   * Makes a new file of it that shares its blocks, where that can be done.
   *
   * @returns false where it can't; nothing is there then
   */
  clone?(to: string): Promise<boolean>
}

export interface OpenedFile extends ByteSource {
  close(): Promise<void>
}

/** An entry as a reader of a format gives it: the format's own traps are out of the way, names and links not yet judged. */
export interface FoundEntry {
  /** Counts from 0, for messages. */
  index: number
  /** As the archive has it. */
  name: string
  kind: 'dir' | 'file' | 'link' | 'hardlink'
  executable: boolean
  /** Bytes of a file, where the archive says so ahead of them. */
  size?: number
  /** What a link or hard link points at, as the archive has it. */
  target?: string
  /**
   * Content of a file. Read it to its end before the next entry is asked for; what is wrong with it (short, long, a bad
   * checksum) is thrown from here.
   */
  body: Chunks
  /** In place of reading the body: see {@link PackFile.clone}. */
  clone?(to: string): Promise<boolean>
}

/** Entries in the order of the archive. */
export type FoundEntries = AsyncIterable<FoundEntry>
