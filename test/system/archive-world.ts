import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ExtractOptions, extract } from '../../src/archive/index.js'
import type { ArchiveSource } from '../../src/archive/input.js'
import { type ERROR_CODES, isBentoError } from '../../src/core/errors.js'
import { treeOf } from '../support/tree.js'

/** What may be said of an archive from outside. */
const REFUSALS = [
  'ARCHIVE_INVALID',
  'FORMAT_UNKNOWN',
  'ENTRY_NAME',
  'ENTRY_KIND',
  'ENTRY_CLASH',
  'LIMIT_EXCEEDED',
  'CODEC_MISSING',
] as const satisfies (keyof typeof ERROR_CODES)[]

/** Printed, they would steer a terminal. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const STEERING = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/

/** How an extraction ended. */
export interface Outcome {
  /** `ok`, or the code of the refusal. */
  what: string
  message: string
  milliseconds: number
}

/**
 * A folder to unpack into, with things around it that must stay as they are: files that escaping archives are fond of,
 * beside and above.
 */
export class CanaryWorld {
  readonly #dir: string
  readonly #before: string
  /** Where archives are unpacked. */
  readonly out: string

  constructor(dir: string) {
    this.#dir = dir
    this.out = join(dir, 'a', 'b', 'out')
    mkdirSync(join(dir, 'a', 'b'), { recursive: true })
    for (const name of ['evil', 'evil.txt', 'target', 'passwd', 'canary.txt', 'pwned']) {
      for (const folder of ['', 'a', 'a/b']) writeFileSync(join(dir, folder, name), `${folder}/${name}`)
    }
    this.#before = this.#listing()
  }

  #listing(): string {
    return createHash('sha256').update(treeOf(this.#dir).join('\n')).digest('hex')
  }

  /** Unpacks, and throws where the outcome is none that is allowed, or anything else has changed. */
  async extract(source: ArchiveSource, options: ExtractOptions = {}): Promise<Outcome> {
    const outcome = await judged(() => extract(source, this.out, options))
    const beside = readdirSync(join(this.out, '..')).filter(name => name.startsWith('.'))
    if (beside.length > 0) throw new Error(`left behind: ${beside}`)
    if (existsSync(this.out) !== (outcome.what === 'ok')) throw new Error(`half there after ${outcome.what}`)
    return outcome
  }

  /** Throws where anything but the folder to unpack into is not as it was; that one must be gone. */
  check(): void {
    if (this.#listing() !== this.#before) throw new Error('something was written outside')
  }
}

/** Runs to its end what reads an archive, and names the outcome. */
export async function judged(work: () => Promise<unknown>): Promise<Outcome> {
  const start = performance.now()
  const outcome = (what: string, message: string) => ({ what, message, milliseconds: performance.now() - start })
  try {
    await work()
    return outcome('ok', '')
  } catch (error) {
    if (!isBentoError(error) || !REFUSALS.some(code => code === error.code)) throw error
    if (STEERING.test(error.message)) throw new Error(`steers a terminal: ${JSON.stringify(error.message)}`)
    return outcome(error.code, error.message)
  }
}
