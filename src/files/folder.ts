import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { compareText } from '../core/tag.js'
import { formatSize } from '../core/text.js'

/** What a folder that code reads as a whole may hold, so that all of it can be meant. */
const MOST = { files: 1000, bytes: 100 * 1024 * 1024 }

/** The files of a folder, or why there are too many of them. */
export type FolderList = { files: string[] } | { files: undefined; why: string }

/** Why a folder of so many files and bytes is too large, as a phrase; undefined where it is not. */
export function tooLarge(files: number, bytes: number): string | undefined {
  if (files > MOST.files) return `more than ${MOST.files} files`
  return bytes > MOST.bytes ? `more than ${formatSize(MOST.bytes)}` : undefined
}

/**
 * Lists the files below a folder as far as the code that reads it may want them; stops as soon as it is too large. Links
 * to files are listed as files, links to folders not.
 *
 * @param skips what is left out, by its POSIX path relative to the folder, with a slash behind where it is a folder
 */
export async function listFolder(folder: string, skips: (path: string) => boolean): Promise<FolderList> {
  const files: string[] = []
  let bytes = 0
  const visit = async (prefix: string): Promise<string | undefined> => {
    for (const entry of await readdir(join(folder, prefix), { withFileTypes: true })) {
      const path = `${prefix}${entry.name}`
      if (skips(entry.isDirectory() ? `${path}/` : path)) continue
      if (entry.isDirectory()) {
        const why = await visit(`${path}/`)
        if (why !== undefined) return why
      } else {
        const stats = await stat(join(folder, path)).catch(() => undefined)
        if (stats?.isFile() !== true) continue
        bytes += stats.size
        const why = tooLarge(files.push(path), bytes)
        if (why !== undefined) return why
      }
    }
    return undefined
  }
  const why = await visit('')
  return why === undefined ? { files: files.sort(compareText) } : { files: undefined, why }
}
