import { constants } from 'node:fs'
import { copyFile, cp, mkdir, realpath, stat, symlink } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { FILES_AT_ONCE, forEachLimit } from './pool.js'
import { type TreeEntry, walkTree } from './walk.js'

/** How {@link copyTree} copies. */
export interface CopyOptions {
  /** Which entries to take; a folder that is left out takes what it holds with it. */
  filter?: (entry: TreeEntry) => boolean
  /**
   * `keep` copies every link as it is. `embed` keeps links that stay inside `from` and puts a copy in place of those
   * that leave it, as Hugging Face's cache has them.
   * @default 'keep'
   */
  links?: 'keep' | 'embed'
}

/**
 * Copies what `from` holds into `to`, which is made if need be: files share blocks where the file system can (reflink),
 * file modes are kept, folders get the default mode, links stay links.
 *
 * @throws the system's own errors; EEXIST where `to` already holds a file of that name
 */
export async function copyTree(from: string, to: string, options: CopyOptions = {}): Promise<void> {
  const { filter = () => true, links = 'keep' } = options
  const left: string[] = []
  const entries = (await walkTree(from)).filter(entry => {
    if (left.some(dir => entry.path.startsWith(dir))) return false
    const take = filter(entry)
    if (!take && entry.kind === 'dir') left.push(`${entry.path}/`)
    return take
  })
  await mkdir(to, { recursive: true })
  for (const entry of entries) if (entry.kind === 'dir') await mkdir(join(to, entry.path), { recursive: true })
  const root = links === 'embed' ? (await realpath(from)) + sep : ''
  await forEachLimit(
    entries.filter(entry => entry.kind !== 'dir'),
    FILES_AT_ONCE,
    async entry => {
      const source = join(from, entry.path)
      const copy = join(to, entry.path)
      if (entry.kind === 'file') return copyFile(source, copy, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL)
      const stays = links === 'keep' || (await realpath(source)).startsWith(root)
      if (!stays) return embed(source, copy)
      await symlink(entry.target ?? '', copy, await linkType(source))
    },
  )
}

async function embed(source: string, copy: string): Promise<void> {
  await cp(source, copy, {
    recursive: true,
    dereference: true,
    errorOnExist: true,
    force: false,
    mode: constants.COPYFILE_FICLONE,
  })
}

/** Windows wants to know what a link points at. */
async function linkType(source: string): Promise<'dir' | 'file' | undefined> {
  if (process.platform !== 'win32') return undefined
  const target = await stat(source).catch(() => undefined)
  return target?.isDirectory() ? 'dir' : 'file'
}
