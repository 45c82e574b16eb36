import { BentoError } from '../core/errors.js'
import { visible } from '../core/text.js'
import { ARCHIVE_FORMATS, type ArchiveFormat } from './types.js'

/**
 * What the end of a name says. BentoML knows the short ones, in lower case (`guess_format` in
 * `_internal/exportable.py`); the others are what `tar` users write.
 */
const EXTENSIONS: Readonly<Record<string, ArchiveFormat>> = {
  bentomodel: 'bentomodel',
  bento: 'bento',
  xz: 'xz',
  txz: 'xz',
  gz: 'gz',
  tgz: 'gz',
  bz2: 'bz2',
  tbz2: 'bz2',
  tbz: 'bz2',
  tar: 'tar',
  zip: 'zip',
}

/**
 * The format that a file's name asks for, by its last extension in whatever case: `m.bentomodel`, `M.TAR.XZ`, `m.tgz`.
 * Undefined where it asks for none: `m`, `v1.0`, `m.bin`. `folder` is never guessed.
 */
export function formatOfName(name: string): ArchiveFormat | undefined {
  const extension = /[^\\/]\.([^.\\/]+)$/.exec(name)?.[1]?.toLowerCase() ?? ''
  return Object.hasOwn(EXTENSIONS, extension) ? EXTENSIONS[extension] : undefined
}

/**
 * A format by its name, as an option gives it; an extension such as `tar.gz` or `tgz` will do.
 *
 * @throws `FORMAT_UNKNOWN`
 */
export function parseFormat(text: string): ArchiveFormat {
  const format = ARCHIVE_FORMATS.find(known => known === String(text).toLowerCase()) ?? formatOfName(`a.${text}`)
  if (format !== undefined) return format
  throw new BentoError('FORMAT_UNKNOWN', `${visible(JSON.stringify(text))} is no format of archives.`, {
    hint: `Use one of ${ARCHIVE_FORMATS.join(', ')}.`,
    details: { formats: [...ARCHIVE_FORMATS] },
  })
}
