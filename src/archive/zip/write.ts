import type { ByteSink } from '../bytes.js'
import { deflateLevel } from '../deflate.js'
import type { PackEntry } from '../entries.js'
import type { PackLevel } from '../types.js'
import { packLarge } from './large.js'
import { type PackedEntry, ZipOutlet } from './outlet.js'
import { dosTime } from './records.js'
import { packSmall, SMALL_FILE } from './small.js'

/** How {@link writeZip} writes. */
export interface ZipOptions {
  /** Time of every entry: seconds since 1970, UTC, from 1980 to 2107. */
  mtime: number
  /** `fast` stores what hardly shrinks, 0 everything; the rest is deflated. */
  level: PackLevel
  /** Told how many more bytes of content have been packed. */
  onBytes?(contentBytes: number): void
}

/** Files of at most {@link SMALL_FILE} bytes that are read and compressed side by side, and their bytes in all. */
const AT_ONCE = 16
const BYTES_AT_ONCE = 8 * SMALL_FILE

/**
 * Writes a zip archive in one go: the sink need not seek. Same entries, same bytes, on any machine.
 *
 * Files of up to a mebibyte have CRC and sizes before their content, as all readers like it. Those of longer ones come
 * after it, in a data descriptor: they aren't known before without reading the file twice. A content that is stored and
 * has a descriptor is fine for whoever begins with the central directory, as Python, Info-ZIP, libarchive, 7-Zip and file managers
 * do; a few readers of streams refuse it (Java's ZipInputStream).
 *
 * @param entries sorted, as {@link PackEntry} has it
 * @throws what entries and sink throw; `OPTION_INVALID` for another level, `ENTRY_NAME` for a name longer than a zip can hold, `SOURCE_CHANGED`. No file
 * is left open.
 */
export async function writeZip(entries: readonly PackEntry[], sink: ByteSink, options: ZipOptions): Promise<void> {
  const stamp = dosTime(options.mtime)
  deflateLevel(options.level, 'zip')
  const outlet = new ZipOutlet(sink, options.onBytes)
  const line = new Line(outlet)
  try {
    for (const entry of entries) {
      if (entry.kind === 'file' && entry.size > SMALL_FILE) {
        await line.empty()
        await outlet.flush()
        await packLarge(entry, stamp, options.level, outlet)
      } else {
        await line.add(packSmall(entry, stamp, options.level), entry.kind === 'file' ? entry.size : 0)
      }
    }
    await line.empty()
  } finally {
    await line.settle()
  }
  await outlet.end()
}

/** What is being packed, in the order in which it is to be written. */
class Line {
  readonly #outlet: ZipOutlet
  readonly #waiting: { packed: Promise<PackedEntry>; bytes: number }[] = []
  #bytes = 0

  constructor(outlet: ZipOutlet) {
    this.#outlet = outlet
  }

  async add(packed: Promise<PackedEntry>, bytes: number): Promise<void> {
    // Handled where it is awaited, be it only after the error of one before it.
    packed.catch(() => undefined)
    this.#waiting.push({ packed, bytes })
    this.#bytes += bytes
    while (this.#waiting.length >= AT_ONCE || this.#bytes > BYTES_AT_ONCE) await this.#writeFirst()
  }

  async empty(): Promise<void> {
    while (this.#waiting.length > 0) await this.#writeFirst()
  }

  /** Waits for what an error left behind: it has files open. */
  async settle(): Promise<void> {
    await Promise.allSettled(this.#waiting.map(({ packed }) => packed))
  }

  async #writeFirst(): Promise<void> {
    const first = this.#waiting.shift()
    if (first === undefined) return
    this.#bytes -= first.bytes
    await this.#outlet.place(await first.packed)
  }
}
