import { hidesText, unsafeName } from '../core/file-name.js'
import type { FoundEntry } from './entries.js'
import { entryError } from './errors.js'
import { limitError } from './limits.js'
import type { ExtractLimits } from './types.js'

/**
 * The place of an entry, as a path in its simplest form: `./a//b/` is `a/b`; `''` is the root, which may be a folder
 * only. The rules are the same on every platform.
 *
 * @throws `ENTRY_NAME`, `LIMIT_EXCEEDED`
 */
export function entryPath(entry: Pick<FoundEntry, 'index' | 'name' | 'kind'>, limits: ExtractLimits): string {
  const { name, kind } = entry
  const parts = name.split('/')
  const last = parts.at(-1)
  const path = parts.filter(part => part !== '' && part !== '.').join('/')
  const isRoot = path === '' && name !== '' && !name.startsWith('/')
  const why = name.startsWith('/') ? 'it is absolute' : isRoot && kind === 'dir' ? undefined : unsafeName(path)
  if (why !== undefined) throw entryError('ENTRY_NAME', entry, isRoot ? 'it names the folder itself' : why, REPACK)
  if (kind !== 'dir' && (last === '' || last === '.')) {
    throw entryError('ENTRY_NAME', entry, 'it is no folder, but named like one', REPACK)
  }
  checkLength(path, entry.index, limits)
  return path
}

const REPACK = 'Repack it with plain relative names.'

function checkLength(path: string, index: number, limits: ExtractLimits): void {
  const parts = path.split('/')
  // The name itself may be of any length: it is not shown.
  const exceeded = (limit: 'path' | 'part' | 'depth', what: string) =>
    limitError(limit, limits[limit], `Entry ${index}, "${path.slice(0, 40)}…", ${what} than the limit allows`)
  if (Buffer.byteLength(path) > limits.path) throw exceeded('path', 'has a longer path')
  if (parts.length > limits.depth) throw exceeded('depth', 'lies deeper')
  if (path.length > limits.part / 3 && parts.some(part => Buffer.byteLength(part) > limits.part)) {
    throw exceeded('part', 'has a longer name')
  }
}

/** What is wrong with what a link holds, whatever stands there; undefined when nothing is. */
export function targetProblem(target: string): string | undefined {
  if (target === '') return 'a link to nothing'
  if (hidesText(target)) return 'a link to a name with control or invisible characters'
  if (target.includes('\\')) return 'a link to a name with a backslash'
  if (target.startsWith('/') || /^[a-z]:/i.test(target)) return 'a link to an absolute path'
  return undefined
}

// https://learn.microsoft.com/windows/win32/fileio/naming-a-file
const RESERVED = /^(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9\u00b9\u00b2\u00b3])(?:\.|$)/i
const SHORT_NAME = /^[^.]{1,6}~[0-9](?:\.[^.]{0,3})?$/

/** Whether Windows reserves a part of this path, would change it, or take it for a short name of something else. */
export function windowsRefuses(path: string): boolean {
  return path.split('/').some(part => RESERVED.test(part) || /[<>:"|?*]|[. ]$/.test(part) || SHORT_NAME.test(part))
}

/**
 * One text for all names that some disk takes for the same: NTFS and exFAT by case, APFS and HFS+ by case and Unicode
 * form; compatibility forms (ligatures) and joiners, too, to be on the safe side.
 */
export function foldedName(name: string): string {
  if (/^[ -~]*$/.test(name)) return name.toUpperCase()
  return name
    .replaceAll(/[\u200c\u200d]/g, '')
    .normalize('NFKD')
    .toLowerCase()
    .toUpperCase()
    .normalize('NFKD')
}
