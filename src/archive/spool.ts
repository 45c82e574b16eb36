import { type FileHandle, mkdtemp, open } from 'node:fs/promises'
import { join } from 'node:path'
import { noteUnfinished } from '../files/cleanup.js'
import { stageName, thisProcess } from '../files/owner.js'
import { removeTree } from '../files/remove.js'
import { targetError } from './errors.js'
import { writeWhole } from './flusher.js'
import type { OpenInput } from './input.js'
import { limitError } from './limits.js'
import type { ExtractLimits } from './types.js'

/** A stream's bytes as a file, in a private folder: a zip is read from its end. */
export class Spool {
  readonly path: string
  readonly #dir: string
  readonly #release: () => void

  private constructor(dir: string) {
    this.#dir = dir
    this.path = join(dir, 'archive')
    this.#release = noteUnfinished(dir)
  }

  /** @throws `LIMIT_EXCEEDED` past `limits.bytes`, `DISK_FULL`, `IO_FAILED`, and what the input throws */
  static async of(input: OpenInput, limits: ExtractLimits, temp: string): Promise<Spool> {
    let spool: Spool | undefined
    try {
      // Only this user may look into what `mkdtemp` makes.
      spool = new Spool(await mkdtemp(join(temp, stageName(thisProcess()))))
      const file = await open(spool.path, 'wx')
      try {
        await copy(input, limits, file)
      } finally {
        await file.close()
      }
      return spool
    } catch (error) {
      await spool?.remove()
      throw targetError(error, 'keep the archive', temp)
    }
  }

  async remove(): Promise<void> {
    await removeTree(this.#dir).catch(() => undefined)
    this.#release()
  }
}

async function copy(input: OpenInput, limits: ExtractLimits, file: FileHandle): Promise<void> {
  let at = 0
  for await (const chunk of input.chunks()) {
    if (at + chunk.length > limits.bytes) {
      throw limitError('bytes', limits.bytes, `${input.name} is longer than the limit allows to unpack`)
    }
    await writeWhole((bytes, position) => file.write(bytes, 0, bytes.length, position), chunk, at)
    at += chunk.length
  }
}
