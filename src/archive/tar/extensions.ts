import { Flaw } from './flaw.js'
import { TYPE, USTAR_MAX } from './layout.js'
import { readText } from './names.js'
import { type PaxRecords, readPax } from './pax.js'

/** Types of headers whose content says something about other entries. */
const EXTENSIONS: readonly string[] = [TYPE.pax, TYPE.global, TYPE.longName, TYPE.longLink]

export function isExtension(type: string): boolean {
  return EXTENSIONS.includes(type)
}

/**
 * What extension headers say about the entry that follows them. One pax header, or GNU's long name and long link once
 * each: of two that say the same, readers take one or the other.
 */
export class Extensions {
  #pax: PaxRecords | undefined
  #longName: string | undefined
  #longLink: string | undefined

  /** Whether an entry has to follow. */
  get pending(): boolean {
    return this.#pax !== undefined || this.#longName !== undefined || this.#longLink !== undefined
  }

  get name(): string | undefined {
    return this.#pax?.path ?? this.#longName
  }

  get link(): string | undefined {
    return this.#pax?.linkpath ?? this.#longLink
  }

  /** Whether a header of this type may come now. @throws {Flaw} `ARCHIVE_INVALID` */
  expect(type: string): void {
    const isGnu = type === TYPE.longName || type === TYPE.longLink
    const again = type === TYPE.longName ? this.#longName : this.#longLink
    if (isGnu ? this.#pax !== undefined || again !== undefined : this.pending) {
      throw new Flaw(
        'ARCHIVE_INVALID',
        'extends an entry a second time, or an extension, which readers take differently',
      )
    }
  }

  /** Takes the content of a header of this type. @throws {Flaw} `ARCHIVE_INVALID`, `ENTRY_NAME`, `ENTRY_KIND` */
  take(type: string, content: Buffer): void {
    if (type === TYPE.global) readPax(content, true)
    else if (type === TYPE.pax) this.#pax = readPax(content, false)
    else if (type === TYPE.longName) this.#longName = readText(content, 0, content.length, 'name')
    else this.#longLink = readText(content, 0, content.length, 'link target')
  }

  /**
   * The size of an entry. By POSIX that of pax goes before the header's; a reader that does not know so reads on at
   * another place. So it may differ only where a header cannot hold it.
   *
   * @throws {Flaw} `ARCHIVE_INVALID`
   */
  size(ofHeader: number): number {
    const ofPax = this.#pax?.size ?? ofHeader
    if (ofPax !== ofHeader && ofPax <= USTAR_MAX) {
      throw new Flaw('ARCHIVE_INVALID', `has two sizes: ${ofHeader} and, in a pax record, ${ofPax}`)
    }
    return ofPax
  }

  /** The entry that they are about has been read. */
  clear(): void {
    this.#pax = undefined
    this.#longName = undefined
    this.#longLink = undefined
  }
}
