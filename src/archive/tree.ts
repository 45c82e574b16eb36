import type { PackEntry, PackFile } from './entries.js'

/**
 * What a folder holds, ready to be packed: judged by the very rules of extraction, all problems told at once.
 *
 * @param prefix folder of the archive to put it all in: `models/iris/v1`; that folder itself is no entry of the result
 * @throws `SOURCE_NOT_FOUND`, `ENTRY_NAME`, `ENTRY_KIND`, `IO_FAILED`
 */
export async function treeEntries(_dir: string, _prefix = ''): Promise<PackEntry[]> {
  throw new Error('being built')
}

/** A file whose content is at hand: a changed manifest, `latest`. */
export function fileEntry(_path: string, _content: string | Uint8Array, _executable = false): PackFile {
  throw new Error('being built')
}
