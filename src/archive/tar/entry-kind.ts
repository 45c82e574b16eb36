import type { FoundEntry } from '../entries.js'
import type { Extensions } from './extensions.js'
import { Flaw } from './flaw.js'
import type { Header } from './header.js'
import { TYPE } from './layout.js'

/** Types that are known and not taken, to follow "is". */
const REFUSED: Readonly<Record<string, string>> = {
  '3': 'a character device',
  '4': 'a block device',
  '6': 'a FIFO',
  A: 'an access control list (Solaris)',
  D: 'a folder of an incremental backup (GNU)',
  M: 'a part of a file that is split between volumes (GNU)',
  N: 'a long name of an old kind (GNU)',
  S: 'a sparse file (GNU)',
  X: 'an extension header of an old kind (Solaris)',
}

/**
 * What an entry is, and whether content follows. It is a folder by type, or (as before POSIX) by a slash at the end of
 * its name. Where readers disagree about whether content follows, the entry is refused: what is content to one is headers
 * to the other.
 *
 * @param name at last, from wherever it is
 * @param extensions those of this entry
 * @throws {Flaw} `ENTRY_KIND` for what cannot be kept, `ARCHIVE_INVALID`
 */
export function kindOf(
  header: Header,
  name: string,
  extensions: Extensions,
): { kind: FoundEntry['kind']; size: number } {
  const { type } = header
  const size = extensions.size(header.size)
  switch (type) {
    case TYPE.dir:
      // By POSIX it is the room that the folder may need, and no content follows; all readers unpack it so.
      return { kind: 'dir', size: 0 }
    case TYPE.link:
    case TYPE.hardLink:
      if (size > 0) throw disagreement('a link with content')
      return { kind: type === TYPE.link ? 'link' : 'hardlink', size: 0 }
    case TYPE.old:
    case TYPE.file:
    case TYPE.contiguous:
      if (name.endsWith('/')) {
        // Of the old type none has content, whatever its size says; of the others some readers skip some.
        const isSure = size === 0 || (type === TYPE.old && !extensions.pending)
        if (!isSure) throw disagreement('a file with content that is named like a folder')
        return { kind: 'dir', size: 0 }
      }
      if (type === TYPE.old && size > 0 && header.endsInSlash()) {
        throw disagreement('a folder by one of its names and a file by the other')
      }
      return { kind: 'file', size }
    default: {
      const shown = /^[!-~]$/.test(type) ? `"${type}"` : `0x${type.charCodeAt(0).toString(16).padStart(2, '0')}`
      throw new Flaw('ENTRY_KIND', `is ${REFUSED[type] ?? `of the unknown type ${shown}`}`, { type })
    }
  }
}

function disagreement(what: string): Flaw {
  return new Flaw('ARCHIVE_INVALID', `is ${what}, which readers take differently`)
}
