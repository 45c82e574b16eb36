/**
 * The zip file format, PKWARE APPNOTE 6.3.10: what writer and reader share. Numbers are little-endian. The sections
 * named here and in the neighbouring files are those of the note.
 */

/** Local file header, §4.3.7. */
export const LOCAL = 0x04034b50
/** Data descriptor, §4.3.9; the signature is usual, not required. */
export const DESCRIPTOR = 0x08074b50
/** Header of the central directory, §4.3.12. */
export const CENTRAL = 0x02014b50
/** End of central directory record, §4.3.16. */
export const END = 0x06054b50
/** Zip64 end of central directory record, §4.3.14. */
export const END64 = 0x06064b50
/** Zip64 end of central directory locator, §4.3.15. */
export const LOCATOR64 = 0x07064b50

/** Bytes of the records' fixed parts. */
export const LOCAL_SIZE = 30
export const CENTRAL_SIZE = 46
export const END_SIZE = 22
export const END64_SIZE = 56
export const LOCATOR64_SIZE = 20

/** What stands in a 16- or 32-bit field whose value is in a zip64 record or extra field, §4.3.9.2 and §4.5.3. */
export const FULL16 = 0xffff
export const FULL32 = 0xffffffff

/** General purpose bits, §4.4.4. */
export const FLAG = {
  encrypted: 1 << 0,
  /** CRC and sizes follow the data. */
  descriptor: 1 << 3,
  patched: 1 << 5,
  strong: 1 << 6,
  /** Name and comment are UTF-8. */
  utf8: 1 << 11,
  masked: 1 << 13,
} as const

/** Compression methods, §4.4.5. */
export const STORED = 0
export const DEFLATED = 8

/** Extra fields, §4.5.2 and §4.6.9. */
export const EXTRA_ZIP64 = 0x0001
export const EXTRA_UNICODE_PATH = 0x7075

/** Upper byte of "version made by", §4.4.2: the system whose attributes an entry has. */
export const MADE_BY = { dos: 0, unix: 3, ntfs: 10, vfat: 14, darwin: 19 } as const

/** Kinds of a Unix mode, as in the upper half of external attributes (Info-ZIP's use of §4.4.15). */
export const MODE = {
  kind: 0o170000,
  fifo: 0o010000,
  folder: 0o040000,
  file: 0o100000,
  link: 0o120000,
  ownerExecutes: 0o100,
} as const

/** "Is a folder" among the MS-DOS attributes. */
export const DOS_FOLDER = 0x10
