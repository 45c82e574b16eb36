import { constants } from 'node:fs'
import { copyFile, mkdir, realpath, symlink } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { FILES_AT_ONCE, forEachLimit } from '../files/pool.js'
import { syncFile } from '../files/sync.js'
import { linkError, placeError } from './errors.js'
import type { Meter } from './limits.js'
import type { Place, Places } from './places.js'
import type { UnpackedFile } from './unpack.js'

/** A link, and what it leads to in the end. */
export interface JudgedLink {
  link: Place
  found: Place
}

/**
 * Makes links, then asks the disk itself where each leads.
 *
 * @param real `dir` without links
 * @throws `ENTRY_KIND`, `ENTRY_CLASH`, …
 */
export async function makeLinks(links: readonly JudgedLink[], dir: string, real: string): Promise<void> {
  await forEachLimit(links, FILES_AT_ONCE, async ({ link, found }) => {
    try {
      await symlink(link.target ?? '', join(dir, link.path), found.kind === 'dir' ? 'dir' : 'file')
    } catch (error) {
      throw placeError(error, link.entry, dir)
    }
  })
  await forEachLimit(links, FILES_AT_ONCE, async ({ link }) => {
    const end = await realpath(join(dir, link.path)).catch(() => undefined)
    if (end !== real && !end?.startsWith(real + sep)) throw linkError(link.entry, 'a link that leads out or nowhere')
  })
}

/** What {@link copyLinked} works with. */
export interface CopyLinkedOptions {
  dir: string
  places: Places
  /** All files, by path; those that come to be are added. */
  files: Map<string, UnpackedFile>
  meter: Meter
  sync: boolean
  signal: AbortSignal | undefined
}

/** Puts copies in the place of links: for systems that have none, and for who wants none. */
export async function copyLinked(links: readonly JudgedLink[], options: CopyLinkedOptions): Promise<void> {
  for (const { link, found } of links) await copyPlace(found, link.path, link, [], options)
}

async function copyPlace(
  found: Place,
  to: string,
  link: Place,
  above: readonly Place[],
  options: CopyLinkedOptions,
): Promise<void> {
  const { dir, files, meter, places, signal, sync } = options
  signal?.throwIfAborted()
  if (found.kind === 'link') {
    const next = places.resolve(found)
    if (typeof next === 'string') throw linkError(found.entry, next)
    return copyPlace(next, to, link, above, options)
  }
  const full = join(dir, to)
  if (found.kind === 'file') {
    const original = files.get(found.path)
    if (original === undefined) throw linkError(link.entry, 'a link to nothing')
    meter.declared(original.size)
    try {
      await copyFile(join(dir, found.path), full, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE)
      if (sync) await syncFile(full)
    } catch (error) {
      throw placeError(error, link.entry, dir)
    }
    meter.wrote(original.size)
    files.set(to, { ...original, path: to })
    return
  }
  const circle = above.includes(found) || found.path === '' || `${link.path}/`.startsWith(`${found.path}/`)
  if (circle) throw linkError(link.entry, 'a link to a folder that it lies in, which cannot be copied')
  try {
    await mkdir(full, 0o755)
  } catch (error) {
    throw placeError(error, link.entry, dir)
  }
  for (const [name, child] of found.children ?? []) {
    // What links stand for counts: a few nested ones can stand for billions of files.
    meter.entry()
    await copyPlace(child, `${to}/${name}`, link, [...above, found], options)
  }
}
