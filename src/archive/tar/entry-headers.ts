import type { PackEntry } from '../entries.js'
import { type HeaderFields, headerTemplate, writeHeader } from './header-bytes.js'
import { BLOCK, FIELD, padding, TYPE, USTAR_MAX } from './layout.js'

/** Bytes of the headers of an entry: one block, or where pax records are needed, a few. */
export function headersSize(entry: PackEntry): number {
  const { records } = describe(entry)
  if (records === '') return BLOCK
  const length = Buffer.byteLength(records)
  return BLOCK + length + padding(length) + BLOCK
}

/** Makes the headers of entries. */
export class EntryHeaders {
  readonly #template: Buffer
  readonly #block = Buffer.alloc(BLOCK)

  /** @param mtime seconds since 1970 */
  constructor(mtime: number) {
    this.#template = headerTemplate(mtime)
  }

  /**
   * The headers of an entry: a ustar header, with pax records ahead of it where that can't hold the path, the link's
   * target or the size. Names begin with `./`, as BentoML's do.
   *
   * @returns valid until the next call
   */
  of(entry: PackEntry): Buffer {
    const fields = describe(entry)
    const { records } = fields
    if (records === '') {
      writeHeader(this.#block, 0, this.#template, fields)
      return this.#block
    }
    const size = Buffer.byteLength(records)
    const bytes = Buffer.alloc(BLOCK + size + padding(size) + BLOCK)
    writeHeader(bytes, 0, this.#template, { ...PAX, size })
    bytes.write(records, BLOCK, 'utf8')
    writeHeader(bytes, bytes.length - BLOCK, this.#template, fields)
    return bytes
  }
}

/** The header of pax records; Python gives it that name. */
const PAX: Omit<HeaderFields, 'size'> = { name: '././@PaxHeader', prefix: '', type: TYPE.pax, mode: 0o644, link: '' }

interface Described extends HeaderFields {
  /** pax records. */
  records: string
}

function describe(entry: PackEntry): Described {
  const path = nameInArchive(entry)
  const target = entry.kind === 'link' ? entry.target : ''
  const size = entry.kind === 'file' ? entry.size : 0
  const place = splitPath(path)
  const fits = isAscii(target) && target.length <= FIELD.link.length
  return {
    name: place?.name ?? standIn(path),
    prefix: place?.prefix ?? '',
    type: entry.kind === 'file' ? TYPE.file : entry.kind === 'dir' ? TYPE.dir : TYPE.link,
    // A reader that knows no pax finds an empty file then; the size that fits it not could only mislead.
    size: size > USTAR_MAX ? 0 : size,
    mode: modeOf(entry),
    link: fits ? target : standIn(target),
    records:
      (fits ? '' : record('linkpath', target)) +
      (place === undefined ? record('path', path) : '') +
      (size > USTAR_MAX ? record('size', String(size)) : ''),
  }
}

/** The root, whose path is empty, is `./`; folders end in `/`. */
function nameInArchive(entry: PackEntry): string {
  return entry.kind === 'dir' && entry.path !== '' ? `./${entry.path}/` : `./${entry.path}`
}

function modeOf(entry: PackEntry): number {
  if (entry.kind === 'link') return 0o777
  return entry.kind === 'dir' || entry.executable ? 0o755 : 0o644
}

/** A path as ustar has it, in two parts where it is long; undefined where it does not fit. */
function splitPath(path: string): { name: string; prefix: string } | undefined {
  if (!isAscii(path)) return undefined
  if (path.length <= FIELD.name.length) return { name: path, prefix: '' }
  // The first slash that leaves not too much behind it; the one that ends a folder's name separates nothing.
  const slash = path.indexOf('/', path.length - FIELD.name.length - 1)
  if (slash === -1 || slash > FIELD.prefix.length || slash === path.length - 1) return undefined
  return { name: path.slice(slash + 1), prefix: path.slice(0, slash) }
}

/** For readers that know no pax: what fits of it. Never like the name of a folder, which an old reader would take it for. */
function standIn(text: string): string {
  return text
    .replace(/[^ -~]/gu, '_')
    .slice(0, FIELD.name.length)
    .replace(/\/$/, '_')
}

/** A pax record: its length in bytes counts its own digits, too. */
function record(key: string, value: string): string {
  const rest = Buffer.byteLength(value) + key.length + 3
  let length = rest + String(rest).length
  length = rest + String(length).length
  return `${length} ${key}=${value}\n`
}

function isAscii(text: string): boolean {
  return Buffer.byteLength(text) === text.length
}
