import { BLOCK, FIELD, type Field } from './layout.js'

/** A header to be written. Texts are ASCII and fit their fields. */
export interface HeaderFields {
  name: string
  prefix: string
  type: string
  /** Bytes of content, at most 8 GiB less one. */
  size: number
  mode: number
  /** Seconds since 1970. */
  mtime: number
  link: string
}

/**
 * Writes a ustar header into the block that begins at `at`. Owner and group are 0 and have no names, so that nothing of
 * the machine gets into the archive.
 */
export function writeHeader(into: Buffer, at: number, fields: HeaderFields): void {
  into.fill(0, at, at + BLOCK)
  const text = (field: Field, value: string) => into.write(value, at + field.at, field.length, 'latin1')
  const octal = (field: Field, value: number) => text(field, value.toString(8).padStart(field.length - 1, '0'))
  text(FIELD.name, fields.name)
  octal(FIELD.mode, fields.mode)
  octal(FIELD.uid, 0)
  octal(FIELD.gid, 0)
  octal(FIELD.size, fields.size)
  octal(FIELD.mtime, fields.mtime)
  text(FIELD.type, fields.type)
  text(FIELD.link, fields.link)
  text(FIELD.magic, 'ustar\x0000')
  octal(FIELD.deviceMajor, 0)
  octal(FIELD.deviceMinor, 0)
  text(FIELD.prefix, fields.prefix)
  text(FIELD.checksum, `${checksum(into, at).toString(8).padStart(6, '0')}\0 `)
}

/** The sum of a header's bytes, unsigned, where those of the checksum itself count as spaces. */
export function checksum(block: Uint8Array, at: number): number {
  let sum = 0
  for (let index = at; index < at + BLOCK; index++) sum += block[index] as number
  const own = at + FIELD.checksum.at
  for (let index = own; index < own + FIELD.checksum.length; index++) sum += 0x20 - (block[index] as number)
  return sum
}
