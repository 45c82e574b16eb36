import type { ArchiveSource } from './input.js'
import type { UnpackOptions, UnpackReport } from './unpack.js'

/** How to {@link extract}. */
export type ExtractOptions = Omit<UnpackOptions, 'hash' | 'sync'>

/** What came out of an archive, and where it lies. */
export interface ExtractReport extends UnpackReport {
  /** Absolute path of the folder. */
  path: string
}

/**
 * Unpacks an archive into a folder that is absent or empty: wholly, or not at all.
 *
 * @throws `SOURCE_NOT_FOUND`, `TARGET_EXISTS`, `TARGET_INVALID` and all that {@link unpackInto} throws
 */
export async function extract(
  _source: ArchiveSource,
  _dir: string | URL,
  _options: ExtractOptions = {},
): Promise<ExtractReport> {
  throw new Error('being built')
}
