import type { OpenedFile, PackEntry, PackFile } from './entries.js'
import type { OnArchiveProgress } from './types.js'

/** Bytes between two reports. */
const STEP = 4 * 2 ** 20

/** Tells how far a work is, not too often. */
export class Reporter {
  readonly #tell: OnArchiveProgress | undefined
  /** Bytes in all, once that is known. */
  total: number | undefined
  #done = 0
  #told = 0

  constructor(tell: OnArchiveProgress | undefined, total: number | undefined) {
    this.#tell = tell
    this.total = total
  }

  /** So many bytes more are done. */
  add(bytes: number): void {
    this.#done += bytes
    if (this.#done - this.#told >= STEP) this.end()
  }

  /** Tells the last of it. */
  end(): void {
    if (this.#done === this.#told) return
    this.#told = this.#done
    this.#tell?.({ done: this.#done, ...(this.total === undefined ? {} : { total: this.total }) })
  }
}

/** The same entries, their content counted as it is read; reading stops with the signal. */
export function observed(
  entries: readonly PackEntry[],
  reporter: Reporter,
  signal: AbortSignal | undefined,
): PackEntry[] {
  return entries.map(entry => (entry.kind === 'file' ? observedFile(entry, reporter, signal) : entry))
}

function observedFile(file: PackFile, reporter: Reporter, signal: AbortSignal | undefined): PackFile {
  const { clone } = file
  const open = async (): Promise<OpenedFile> => {
    const opened = await file.open()
    const read = async (into: Uint8Array) => {
      signal?.throwIfAborted()
      const count = await opened.read(into)
      reporter.add(count)
      return count
    }
    return { read, close: () => opened.close() }
  }
  if (clone === undefined) return { ...file, open }
  // It may be tried before it is done.
  let left = file.size
  const counted = async (to: string) => {
    const done = await clone(to)
    if (!done) return false
    reporter.add(left)
    left = 0
    return true
  }
  return { ...file, open, clone: counted }
}
