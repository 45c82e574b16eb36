import { isUtf8 } from 'node:buffer'
import { crc32 } from 'node:zlib'
import { EXTRA_UNICODE_PATH, EXTRA_ZIP64, FULL32 } from './format.js'

/** One extra field, §4.5.1. */
export interface ExtraField {
  id: number
  data: Buffer
}

/**
 * The extra fields of a header. Up to three bytes at the end may be padding, as zipalign leaves them.
 *
 * @returns undefined where a field runs past the end
 */
export function extraFields(bytes: Buffer): ExtraField[] | undefined {
  const fields: ExtraField[] = []
  let at = 0
  while (at + 4 <= bytes.length) {
    const end = at + 4 + bytes.readUInt16LE(at + 2)
    if (end > bytes.length) return undefined
    fields.push({ id: bytes.readUInt16LE(at), data: bytes.subarray(at + 4, end) })
    at = end
  }
  return fields
}

/**
 * Fills in the values that stand in the zip64 field, §4.5.3, because they are too large for their own.
 *
 * @param values from their fields of 32 bits, in the order of the zip64 field
 * @returns what is wrong, else undefined. The field must be there once where a value needs it, and hold these values, or
 * all of them; what it says again must be the same.
 */
export function widen(values: number[], fields: readonly ExtraField[]): string | undefined {
  const wide = fields.filter(({ id }) => id === EXTRA_ZIP64)
  const needed = [...values.keys()].filter(key => values[key] === FULL32)
  const [field] = wide
  if (wide.length > 1) return 'has two zip64 fields'
  if (field === undefined) return needed.length === 0 ? undefined : 'lacks the zip64 field that its sizes need'
  const { data } = field
  const keys = data.length === 8 * needed.length ? needed : [...values.keys()]
  if (data.length < 8 * keys.length) return 'has a zip64 field that is too short'
  for (const [place, key] of keys.entries()) {
    const value = Number(data.readBigUInt64LE(8 * place))
    if (values[key] !== FULL32 && values[key] !== value) return 'has a zip64 field that contradicts its header'
    values[key] = value
  }
  return undefined
}

/**
 * The name in a Unicode path field, §4.6.9, which counts only if it was made for the name of the header: undefined where
 * there is none.
 *
 * @returns `null` where the fields contradict each other or are damaged
 */
export function unicodePath(name: Buffer, fields: readonly ExtraField[]): string | null | undefined {
  let path: string | undefined
  for (const { id, data } of fields) {
    if (id !== EXTRA_UNICODE_PATH) continue
    if (data.length < 5 || data[0] !== 1) return null
    if (data.readUInt32LE(1) !== crc32(name)) return null
    const text = data.subarray(5)
    if (!isUtf8(text)) return null
    const found = text.toString('utf8')
    if (path !== undefined && path !== found) return null
    path = found
  }
  return path
}
