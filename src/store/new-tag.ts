import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import { type FullTag, fullTag, Tag } from '../core/tag.js'
import { existsError, reservedVersion } from './draft.js'
import type { Shelf } from './find.js'
import { newVersion } from './version.js'

/** The tag to save under: a bare name gets a version. @throws `TAG_INVALID`, also for the version `latest` */
export function newTag(name: string | Tag): FullTag {
  const { name: base, version } = Tag.from(name)
  if (version === 'latest') throw reservedVersion(String(name))
  return fullTag(base, version ?? newVersion())
}

/** Spares the work of a save whose end is known. The rename decides all the same. @throws `TAG_EXISTS` */
export async function refuseTaken({ root, kind }: Shelf, tag: FullTag): Promise<void> {
  const target = join(root, tag.name, tag.version)
  const stat = await lstat(target).catch(() => undefined)
  if (stat !== undefined) throw await existsError(tag, target, kind)
}
