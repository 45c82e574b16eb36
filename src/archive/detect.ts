import type { OpenInput } from './input.js'
import type { ArchiveFormat } from './types.js'

/** What content can be found to be. */
export type FoundFormat = Extract<ArchiveFormat, 'xz' | 'gz' | 'bz2' | 'tar' | 'zip' | 'folder'>

/**
 * The format of an archive by its first bytes, whatever its name says.
 *
 * @param named the format that the user named, which must agree
 * @throws `ARCHIVE_INVALID` saying what it looks like; `FORMAT_UNKNOWN` where it is not of the named format
 */
export async function detectFormat(_input: OpenInput, _named?: ArchiveFormat): Promise<FoundFormat> {
  throw new Error('being built')
}
