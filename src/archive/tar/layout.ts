/**
 * The layout of a tar archive: POSIX.1-2024, utility `pax`, "ustar Interchange Format" and "pax Interchange Format"; for
 * what GNU adds, the manual of GNU tar, "Basic Tar Format".
 */

/** Bytes of a block. Headers are one block; contents are filled up to whole ones. */
export const BLOCK = 512

/** Bytes of a record: the whole archive is filled up to a multiple of it, as POSIX, GNU tar and Python do. */
export const RECORD = 20 * BLOCK

/** Part of a header. */
export interface Field {
  /** Offset in the header. */
  readonly at: number
  /** Bytes. */
  readonly length: number
}

/** The fields of a ustar header that matter here. */
export const FIELD = {
  name: { at: 0, length: 100 },
  mode: { at: 100, length: 8 },
  uid: { at: 108, length: 8 },
  gid: { at: 116, length: 8 },
  size: { at: 124, length: 12 },
  mtime: { at: 136, length: 12 },
  checksum: { at: 148, length: 8 },
  type: { at: 156, length: 1 },
  link: { at: 157, length: 100 },
  magic: { at: 257, length: 8 },
  deviceMajor: { at: 329, length: 8 },
  deviceMinor: { at: 337, length: 8 },
  prefix: { at: 345, length: 155 },
} as const satisfies Record<string, Field>

/** What a header is for: the byte of the type field. */
export const TYPE = {
  /** A file, as tars before POSIX have it. */
  old: '\0',
  file: '0',
  hardLink: '1',
  link: '2',
  dir: '5',
  contiguous: '7',
  /** pax records for the entry that follows. */
  pax: 'x',
  /** pax records for all entries that follow. */
  global: 'g',
  /** The name of the entry that follows, GNU. */
  longName: 'L',
  /** The link target of the entry that follows, GNU. */
  longLink: 'K',
  /** A name for the archive, GNU. */
  label: 'V',
} as const

/** The largest size that a ustar header can hold, in 11 octal digits: 8 GiB less one byte. */
export const USTAR_MAX = 8 ** 11 - 1

/** Bytes that fill content of `size` bytes up to whole blocks. */
export function padding(size: number): number {
  return (BLOCK - (size % BLOCK)) % BLOCK
}
