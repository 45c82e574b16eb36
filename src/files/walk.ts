import { lstat, readdir, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { BentoError } from '../core/errors.js'
import { compareText } from '../core/tag.js'

/** One entry of a folder tree. */
export interface TreeEntry {
  /** POSIX path relative to the tree's root. */
  path: string
  kind: 'file' | 'dir' | 'link'
  /** Bytes of a file; 0 for folders and links. */
  size: number
  /** Whether the owner may execute the file (always false on Windows). */
  executable: boolean
  /** What a link holds, as it is. */
  target?: string
}

/**
 * Lists everything below `dir`, sorted by path (by code unit: the same on every machine). Links are listed, never
 * followed.
 *
 * @throws `IO_FAILED` for an entry that is neither file, folder nor link: such a thing cannot be stored. System errors
 * as they are.
 */
export async function walkTree(dir: string): Promise<TreeEntry[]> {
  const entries: TreeEntry[] = []
  const visit = async (prefix: string): Promise<void> => {
    for (const child of await readdir(join(dir, prefix), { withFileTypes: true })) {
      const path = prefix === '' ? child.name : `${prefix}/${child.name}`
      if (child.isDirectory()) {
        entries.push({ path, kind: 'dir', size: 0, executable: false })
        await visit(path)
      } else {
        entries.push(await describe(join(dir, path), path))
      }
    }
  }
  await visit('')
  return entries.sort((a, b) => compareText(a.path, b.path))
}

async function describe(full: string, path: string): Promise<TreeEntry> {
  const stat = await lstat(full)
  if (stat.isSymbolicLink()) {
    return { path, kind: 'link', size: 0, executable: false, target: await readlink(full) }
  }
  if (!stat.isFile()) {
    throw new BentoError('IO_FAILED', `${full} is neither a file, a folder nor a link.`, {
      hint: 'Sockets, pipes and devices cannot be stored: remove it.',
    })
  }
  return { path, kind: 'file', size: stat.size, executable: process.platform !== 'win32' && (stat.mode & 0o100) !== 0 }
}
