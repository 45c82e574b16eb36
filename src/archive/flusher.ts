import type { FileHandle } from 'node:fs/promises'

/** Bytes after which what was written is sent to the disk, while more is written. */
const SHARE = 32 * 2 ** 20

/**
 * Sends a long file to the disk while it is still being written: the system begins by itself only when memory is full of
 * it, and the sync at the end would wait for all of it.
 */
export class Flusher {
  readonly #handle: FileHandle
  #unsent = 0
  #sending: Promise<void> | undefined
  #failed = false
  #reason: unknown

  constructor(handle: FileHandle) {
    this.#handle = handle
  }

  /** So many bytes more were written. */
  wrote(bytes: number): void {
    this.#unsent += bytes
    if (this.#unsent < SHARE || this.#sending !== undefined) return
    this.#unsent = 0
    this.#sending = this.#handle
      .datasync()
      .catch(error => {
        this.#failed = true
        this.#reason = error
      })
      .finally(() => {
        this.#sending = undefined
      })
  }

  /** Makes all of it durable. An error of an earlier sync is final: what it was about may be lost. */
  async finish(): Promise<void> {
    await this.#sending
    if (this.#failed) throw this.#reason
    await this.#handle.sync()
  }

  /** Waits until the file may be closed. */
  async settle(): Promise<void> {
    await this.#sending
  }
}

/** Writes all of `bytes`, in however many steps the system takes them. */
export async function writeWhole(
  write: (bytes: Uint8Array, position: number) => Promise<{ bytesWritten: number }>,
  bytes: Uint8Array,
  position: number,
): Promise<void> {
  let { bytesWritten: done } = await write(bytes, position)
  while (done < bytes.length) done += (await write(bytes.subarray(done), position + done)).bytesWritten
}
