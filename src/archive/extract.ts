import { constants } from 'node:fs'
import { access, mkdir, readdir, realpath, rename, rmdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { BentoError, systemCode } from '../core/errors.js'
import { visible } from '../core/text.js'
import { isMissing } from '../files/errors.js'
import { moveOver } from '../files/move.js'
import { removeTree } from '../files/remove.js'
import { syncFolder } from '../files/sync.js'
import { checkOptions } from './check-options.js'
import { targetError } from './errors.js'
import { type ArchiveSource, openInput, pathOf } from './input.js'
import { Staging, sweepLeftovers } from './staging.js'
import { heedingErrors } from './stream-errors.js'
import { refuseInside } from './target-place.js'
import { type UnpackOptions, type UnpackReport, unpackInto } from './unpack.js'

/** How to {@link extract}. */
export type ExtractOptions = Omit<UnpackOptions, 'hash' | 'sync' | 'temp' | 'early'>

/** What came out of an archive, and where it lies. */
export interface ExtractReport extends UnpackReport {
  /** Absolute path of the folder. */
  path: string
}

/**
 * Unpacks an archive into a folder that is absent or empty: wholly, or not at all.
 *
 * @throws `SOURCE_NOT_FOUND`, `TARGET_EXISTS`, `TARGET_INVALID`, `ARCHIVE_INVALID`, `FORMAT_UNKNOWN`, `ENTRY_NAME`,
 * `ENTRY_KIND`, `ENTRY_CLASH`, `LIMIT_EXCEEDED`, `DISK_FULL`, `SOURCE_CHANGED`, `IO_FAILED`, `OPTION_INVALID`
 *
 * @example
 * ```ts
 * const { files } = await extract('dist.tar.gz', 'dist', { limits: { bytes: 10 * 2 ** 30 } })
 * ```
 */
export async function extract(
  source: ArchiveSource,
  dir: string | URL,
  options: ExtractOptions = {},
): Promise<ExtractReport> {
  checkOptions(options)
  return heedingErrors(source, () => extractTo(source, pathOf(dir), options))
}

async function extractTo(source: ArchiveSource, path: string, options: ExtractOptions): Promise<ExtractReport> {
  const input = await openInput(source)
  let staging: Staging | undefined
  try {
    if (input.kind === 'folder') await refuseInside(path, [input.path ?? ''])
    const target = await targetOf(path)
    staging = await Staging.in(target.inside ? target.path : dirname(target.path))
    await mkdir(staging.path, 0o700)
    const item = join(staging.path, 'item')
    await mkdir(item, 0o755)
    const report = await unpackInto(input, item, { ...options, sync: true, temp: staging.path })
    options.signal?.throwIfAborted()
    await putInPlace(item, target)
    await staging.done()
    return { path, ...report }
  } catch (error) {
    await staging?.discard()
    options.signal?.throwIfAborted()
    throw targetError(error, 'unpack', path)
  } finally {
    await input.close()
  }
}

/** The folder to be, and how it is to come to its place. */
interface Target {
  /** Without links, where something is there. */
  path: string
  /** An empty folder is there, and can't be replaced by another: it is filled. */
  inside: boolean
}

async function targetOf(path: string): Promise<Target> {
  const found = await stat(path).catch(error => {
    if (isMissing(error)) return undefined
    throw error
  })
  if (found === undefined) return { path, inside: false }
  const taken = (why: string) =>
    new BentoError('TARGET_EXISTS', `${visible(path)} ${why}.`, {
      hint: 'Choose a folder that is not there yet, or is empty.',
      details: { path },
    })
  if (!found.isDirectory()) throw taken('is no folder')
  const real = await realpath(path)
  await sweepLeftovers(real)
  if ((await readdir(real)).length > 0) throw taken('is not empty')
  const above = await stat(dirname(real))
  const fixed = await access(dirname(real), constants.W_OK).then(
    () => false,
    () => true,
  )
  // A mounted disk stays where it is, and so does the folder that we or a shell stand in.
  const inside = fixed || above.dev !== found.dev || above.ino === found.ino || real === process.cwd()
  return { path: real, inside }
}

/** Moves what a folder holds into one that stays where it is; all of it, or nothing. */
async function moveInto(item: string, path: string): Promise<void> {
  const moved: string[] = []
  try {
    for (const name of await readdir(item)) {
      await rename(join(item, name), join(path, name))
      moved.push(name)
    }
  } catch (error) {
    for (const name of moved) await removeTree(join(path, name))
    throw error
  }
}

async function putInPlace(item: string, { path, inside }: Target): Promise<void> {
  if (inside) {
    await moveInto(item, path)
    return syncFolder(path)
  }
  try {
    // Elsewhere a rename takes the place of an empty folder by itself.
    if (process.platform === 'win32') await rmdir(path).catch(() => undefined)
    await moveOver(item, path)
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes(systemCode(error) ?? '')) throw error
    throw new BentoError('TARGET_EXISTS', `${visible(path)} came to be while the archive was unpacked.`, {
      hint: 'Choose a folder that is not there yet.',
      cause: error,
    })
  }
  await syncFolder(dirname(path))
}
