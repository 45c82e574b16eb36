import type { Readable } from 'node:stream'
import type { ArchiveInput } from './types.js'

/** An archive to be read: path of a file or folder as text or `file:` URL, or its bytes in order. */
export type ArchiveSource = string | URL | Readable | AsyncIterable<Uint8Array>

/** An archive that was opened, or a folder that stands for one. */
export interface OpenInput extends ArchiveInput {
  kind: 'file' | 'folder' | 'stream'
  /** The first bytes, `length` of them unless there are fewer; {@link chunks} gives them again. */
  head(length: number): Promise<Uint8Array>
  /** Bytes read so far. */
  read(): number
  /** Gives back what is open. Always call it; a stream that was not read to its end is destroyed. */
  close(): Promise<void>
}

/**
 * Opens an archive.
 *
 * @param name how messages call a stream @default 'the stream'
 * @throws `SOURCE_NOT_FOUND`, `IO_FAILED`
 */
export async function openInput(_source: ArchiveSource, _name?: string): Promise<OpenInput> {
  throw new Error('being built')
}
