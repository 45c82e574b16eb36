import { lstatSync } from 'node:fs'
import { compareText } from '../core/tag.js'
import type { ItemRecord } from './record.js'

/**
 * Newest first: by creation time, then by the moment of publishing, then by name and version.
 */
export function newestFirst(records: ItemRecord[]): ItemRecord[] {
  return records.sort(
    (a, b) =>
      compare(b.micros, a.micros) ||
      compare(publishedAt(b), publishedAt(a)) ||
      compareText(a.tag.name, b.tag.name) ||
      compareText(b.tag.version, a.tag.version),
  )
}

/**
 * A rename marks the folder it moves: its change time is when the item was published. Asked only where creation times
 * tie.
 */
function publishedAt(record: ItemRecord): bigint {
  return lstatSync(record.path, { bigint: true, throwIfNoEntry: false })?.ctimeNs ?? 0n
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0
}
