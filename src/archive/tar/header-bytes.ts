import { BLOCK, FIELD, type Field } from './layout.js'

/** A header to be written. Texts are ASCII and fit their fields. */
export interface HeaderFields {
  name: string
  prefix: string
  type: string
  /** Bytes of content, at most 8 GiB less one. */
  size: number
  mode: number
  link: string
}

/**
 * What all headers of an archive have in common. Owner and group are 0 and have no names, so that nothing of the machine
 * gets into the archive.
 *
 * @param mtime seconds since 1970
 */
export function headerTemplate(mtime: number): Buffer {
  const template = Buffer.alloc(BLOCK)
  for (const field of [FIELD.uid, FIELD.gid, FIELD.deviceMajor, FIELD.deviceMinor]) octal(template, 0, field, 0)
  octal(template, 0, FIELD.mtime, mtime)
  text(template, 0, FIELD.magic, 'ustar\x0000')
  return template
}

/** Writes a ustar header into the block that begins at `at`. @param template made by {@link headerTemplate} */
export function writeHeader(into: Buffer, at: number, template: Buffer, fields: HeaderFields): void {
  into.set(template, at)
  text(into, at, FIELD.name, fields.name)
  octal(into, at, FIELD.mode, fields.mode)
  octal(into, at, FIELD.size, fields.size)
  text(into, at, FIELD.type, fields.type)
  if (fields.link !== '') text(into, at, FIELD.link, fields.link)
  if (fields.prefix !== '') text(into, at, FIELD.prefix, fields.prefix)
  text(into, at, FIELD.checksum, `${checksum(into, at).toString(8).padStart(6, '0')}\0 `)
}

function text(into: Buffer, at: number, field: Field, value: string): void {
  into.write(value, at + field.at, field.length, 'latin1')
}

/** Digits, with zeros before them and a NUL behind. */
function octal(into: Buffer, at: number, field: Field, value: number): void {
  let left = value
  for (let index = at + field.at + field.length - 2; index >= at + field.at; index--) {
    into[index] = 0x30 + (left % 8)
    left = Math.floor(left / 8)
  }
  into[at + field.at + field.length - 1] = 0
}

/** The sum of a header's bytes, unsigned, where those of the checksum itself count as spaces. */
export function checksum(block: Uint8Array, at: number): number {
  let sum = 0
  for (let index = at; index < at + BLOCK; index++) sum += block[index] as number
  const own = at + FIELD.checksum.at
  for (let index = own; index < own + FIELD.checksum.length; index++) sum += 0x20 - (block[index] as number)
  return sum
}
