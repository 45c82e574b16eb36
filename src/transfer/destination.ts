import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { formatOfName, parseFormat } from '../archive/format-name.js'
import { localPath } from '../archive/local-path.js'
import type { ArchiveFormat } from '../archive/types.js'
import { BentoError } from '../core/errors.js'
import type { FullTag } from '../core/tag.js'
import type { ItemKind } from '../store/record.js'

/** Where an export goes. */
export interface Destination {
  /** Absolute path of the file, or of the folder in the format `folder`. */
  path: string
  format: ArchiveFormat
}

/** The formats of the two kinds of items: a `tar` in `xz`, each. */
const OWN = { model: 'bentomodel', bento: 'bento' } as const

/**
 * The format an export is asked for; undefined where it is not.
 *
 * @throws `FORMAT_UNKNOWN`; `OPTION_INVALID` for the own format of the other kind
 */
export function askedFormat(kind: ItemKind, format: string | undefined): ArchiveFormat | undefined {
  const asked = format === undefined ? undefined : parseFormat(format)
  if (asked !== undefined && isForeign(kind, asked)) {
    throw new BentoError('OPTION_INVALID', `The format ${asked} is not one for a ${kind.word}.`, {
      hint: `Its own is ${OWN[kind.word]}.`,
    })
  }
  return asked
}

/** The own format of a kind: what an export is in that asks for none. */
export function ownFormat(kind: ItemKind): ArchiveFormat {
  return OWN[kind.word]
}

/**
 * Where an export goes, and in which format, by BentoML's rules (`_internal/exportable.py`) without its faults: endings
 * count in any case, `.tgz` and the like are known, and relative paths are relative.
 *
 * - none, a folder that exists, a path that ends in a slash: `<name>-<version>.<format>` in there;
 * - else the path itself. The own format's ending is added where the name shows no format, and where that format is
 *   asked for and the name shows another.
 *
 * @throws `OPTION_INVALID` for URLs other than `file:`; as {@link askedFormat}
 */
export async function resolveDestination(
  destination: string | URL | undefined,
  tag: FullTag,
  kind: ItemKind,
  format?: ArchiveFormat,
): Promise<Destination> {
  const asked = askedFormat(kind, format)
  const own = ownFormat(kind)
  const { path, folder } = localPath(
    destination === undefined || destination === '' ? './' : destination,
    'destination',
  )
  const found = await stat(path).catch(() => undefined)
  if (folder || found?.isDirectory()) {
    const chosen = asked ?? own
    return { path: join(path, `${tag.name}-${tag.version}.${chosen}`), format: chosen }
  }
  const named = formatOfName(path)
  const shown = named !== undefined && isForeign(kind, named) ? undefined : named
  // Nothing is put beside a device or pipe: /dev/null is meant, not /dev/null.bentomodel. Whoever writes refuses it.
  if (found !== undefined && !found.isFile()) return { path, format: asked ?? shown ?? own }
  // A `.xz` is what the own format is.
  const added = (asked === own && shown !== own && shown !== 'xz') || (asked === undefined && shown === undefined)
  return { path: added ? `${path}.${own}` : path, format: asked ?? shown ?? own }
}

function isForeign(kind: ItemKind, format: ArchiveFormat): boolean {
  return (format === 'bentomodel' || format === 'bento') && format !== ownFormat(kind)
}
