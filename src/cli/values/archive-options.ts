import { parseFormat } from '../../archive/format-name.js'
import { ARCHIVE_FORMATS, type ArchiveFormat, type PackLevel } from '../../archive/types.js'
import { isBentoError } from '../../core/errors.js'
import { nearNames } from '../../core/text.js'
import { usageError } from '../problem.js'

/** What the formats are called elsewhere. */
const OTHER_NAMES: Readonly<Record<string, ArchiveFormat>> = {
  gzip: 'gz',
  bzip2: 'bz2',
  lzma: 'xz',
  dir: 'folder',
  directory: 'folder',
}

/**
 * Reads the value of `--format`: a format's name, or what its files end in (`tgz`, `tar.xz`).
 *
 * @throws `USAGE`
 */
export function readFormat(text: string): ArchiveFormat {
  try {
    return parseFormat(text)
  } catch (error) {
    if (!isBentoError(error, 'FORMAT_UNKNOWN')) throw error
    const near = nearFormat(text.toLowerCase())
    const meant = near === undefined ? '' : `Did you mean ${near}? `
    throw usageError(`${JSON.stringify(text)} is no format.`, `${meant}The formats are ${ARCHIVE_FORMATS.join(', ')}.`)
  }
}

function nearFormat(text: string): string | undefined {
  if (Object.hasOwn(OTHER_NAMES, text)) return OTHER_NAMES[text]
  // Any two letters are near one another.
  return text.length > 2 ? nearNames(text, ARCHIVE_FORMATS)[0] : undefined
}

/**
 * Reads the value of `--level`.
 *
 * @throws `USAGE`
 */
export function readLevel(text: string): PackLevel {
  if (text === 'fast' || text === 'small') return text
  if (/^\d$/.test(text)) return Number(text)
  throw usageError(`${JSON.stringify(text)} is no level.`, 'Levels are fast, small, and whole numbers from 0 to 9.')
}
