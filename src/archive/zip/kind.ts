import type { FoundEntry } from '../entries.js'
import type { DirectoryEntry } from './directory.js'
import { DOS_FOLDER, MADE_BY, MODE } from './format.js'
import { refuseEntry } from './refuse.js'

/** Systems whose upper half of the attributes is a Unix mode that counts. */
const HAS_MODE: readonly number[] = [MADE_BY.unix, MADE_BY.darwin]
/** Info-ZIP calls a pipe what it has read from one, and writes content. */
const READ: readonly number[] = [0, MODE.file, MODE.folder, MODE.fifo]

/**
 * What an entry is. A folder is what ends in `/`, or is one by its mode or, where it has none, by its MS-DOS attributes;
 * only links, and what is read as a file, may have mode bits of another kind.
 *
 * @throws `ENTRY_KIND` for devices and sockets, and for links that are none by their name or system
 */
export function kindOf(entry: DirectoryEntry): Pick<FoundEntry, 'kind' | 'executable'> {
  const mode = entry.attributes >>> 16
  const type = mode & MODE.kind
  const hasMode = HAS_MODE.includes(entry.host)
  const slash = entry.name.endsWith('/')
  if (type === MODE.link) {
    // Some readers make a link of it whatever system it says, others a file.
    if (!hasMode || slash) throw refuseEntry(entry, 'is a link by its mode, but not otherwise', 'ENTRY_KIND')
    return { kind: 'link', executable: false }
  }
  if (!READ.includes(type)) throw refuseEntry(entry, 'is a device or a socket', 'ENTRY_KIND')
  const folder = slash || type === MODE.folder || (type === 0 && (entry.attributes & DOS_FOLDER) !== 0)
  return folder
    ? { kind: 'dir', executable: false }
    : { kind: 'file', executable: hasMode && (mode & MODE.ownerExecutes) !== 0 }
}
