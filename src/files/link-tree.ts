import { constants } from 'node:fs'
import { chmod, copyFile, link, lstat, mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { FILES_AT_ONCE, forEachLimit } from './pool.js'
import { walkTree } from './walk.js'

/** What everyone may do with a file. */
const READABLE = 0o444

/**
 * Shows what `from` holds in `to` as well, **to be read only**: files are hard links where the file system can, else they share
 * blocks, else they are copies; links stay links. All of it can be read by everyone whatever the umask of the one who saved it: a file that
 * can't is copied, since a hard link shares its mode.
 *
 * @throws the system's own errors; EEXIST where `to` already holds a file of that name
 */
export async function linkTree(from: string, to: string): Promise<void> {
  const entries = await walkTree(from)
  await makeFolder(to)
  for (const { kind, path } of entries) if (kind === 'dir') await makeFolder(join(to, path))
  await forEachLimit(
    entries.filter(({ kind }) => kind !== 'dir'),
    FILES_AT_ONCE,
    async ({ kind, path, target = '' }) => {
      if (kind === 'link') await symlink(target, join(to, path))
      else await linkFile(join(from, path), join(to, path))
    },
  )
}

async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true })
  await chmod(path, 0o755)
}

async function linkFile(source: string, target: string): Promise<void> {
  const { mode } = await lstat(source)
  const readable = (mode & READABLE) === READABLE
  if (readable && (await linked(source, target))) return
  await copyFile(source, target, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL)
  if (!readable) await chmod(target, (mode & 0o777) | READABLE | (mode & 0o100 ? 0o111 : 0))
}

/** Another file system, a file of another user where the kernel protects those, too many links: then a copy will do. */
async function linked(source: string, target: string): Promise<boolean> {
  try {
    await link(source, target)
    return true
  } catch {
    return false
  }
}
