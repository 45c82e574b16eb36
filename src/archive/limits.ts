import { statfs } from 'node:fs/promises'
import { BentoError } from '../core/errors.js'
import { PATH_LIMITS } from '../core/file-name.js'
import { formatSize } from '../core/text.js'
import type { Chunks } from './bytes.js'
import type { ArchiveInput, ExtractLimits } from './types.js'

const GIB = 2 ** 30

/** Limits that hold where the caller names no other; `bytes` follows from the disk. */
export const DEFAULT_LIMITS: Omit<ExtractLimits, 'bytes'> = {
  entries: 100_000,
  ratio: 100,
  unpacked: GIB,
  ...PATH_LIMITS,
  header: 2 ** 20,
  memory: 128 * 2 ** 20,
}

/** Part of the free space that may be filled. */
const FREE_SHARE = 0.9

/**
 * The limits that hold for unpacking into `dir`, which exists.
 *
 * @throws `OPTION_INVALID` for an unknown limit, or one that is no number from 0 on
 */
export async function resolveLimits(
  limits: { readonly [name in keyof ExtractLimits]?: number | undefined },
  dir: string,
): Promise<ExtractLimits> {
  const bytes = limits.bytes ?? Math.floor((await freeSpace(dir)) * FREE_SHARE)
  const resolved: ExtractLimits = { ...DEFAULT_LIMITS, bytes }
  for (const [name, value] of Object.entries(limits)) {
    if (value === undefined) continue
    if (!Object.hasOwn(resolved, name) || typeof value !== 'number' || !(value >= 0)) {
      throw new BentoError('OPTION_INVALID', `The limit ${JSON.stringify(name)} cannot be ${String(value)}.`, {
        hint: `Limits are numbers from 0 to Infinity: ${Object.keys(resolved).join(', ')}.`,
      })
    }
    resolved[name as keyof ExtractLimits] = value
  }
  return resolved
}

/** Limits for what is our own. */
export function unlimited(): ExtractLimits {
  const most = Number.POSITIVE_INFINITY
  return {
    bytes: most,
    entries: most,
    ratio: most,
    unpacked: most,
    path: most,
    part: most,
    depth: most,
    header: most,
    memory: most,
  }
}

/** Bytes that this user may still write where `dir` is; `Infinity` where the system does not tell. */
export async function freeSpace(dir: string): Promise<number> {
  try {
    const { bavail, bsize, blocks } = await statfs(dir)
    // Some network and virtual file systems tell zeros.
    return blocks === 0 ? Number.POSITIVE_INFINITY : bavail * bsize
  } catch {
    return Number.POSITIVE_INFINITY
  }
}

/** Counts what comes out of an archive, and stops it at the first byte or entry too many. */
export class Meter {
  readonly limits: ExtractLimits
  readonly #input: Pick<ArchiveInput, 'size' | 'name'> & { read(): number }
  /** Whether `bytes` is what the disk has room for, not what the caller said. */
  readonly #fromDisk: boolean
  /** Told of bytes that are written. */
  onWrote: (bytes: number) => void = () => undefined
  #entries = 0
  #bytes = 0
  #unpacked = 0

  constructor(
    limits: ExtractLimits,
    input: Pick<ArchiveInput, 'size' | 'name'> & { read(): number },
    fromDisk: boolean,
  ) {
    this.limits = limits
    this.#input = input
    this.#fromDisk = fromDisk
  }

  /** Entries so far. */
  get entries(): number {
    return this.#entries
  }

  /** Bytes of files so far. */
  get bytes(): number {
    return this.#bytes
  }

  /** One more entry. @throws `LIMIT_EXCEEDED` */
  entry(): void {
    this.#entries += 1
    if (this.#entries > this.limits.entries) throw this.#exceeded('entries', 'more entries than')
  }

  /** Refuses ahead a file that says it is too large. @throws `LIMIT_EXCEEDED`, `DISK_FULL` */
  declared(size: number): void {
    this.#check(this.#bytes + size, this.#bytes + size)
  }

  /** Bytes of a file are about to be written. @throws `LIMIT_EXCEEDED`, `DISK_FULL` */
  wrote(size: number): void {
    this.#bytes += size
    this.#check(this.#bytes, this.#bytes)
    this.onWrote(size)
  }

  /** Counts what a decompressor gives, be it content or not. */
  async *layer(chunks: Chunks): Chunks {
    for await (const chunk of chunks) {
      this.#unpacked += chunk.length
      this.#check(0, this.#unpacked)
      yield chunk
    }
  }

  #check(bytes: number, unpacked: number): void {
    const { limits } = this
    if (bytes > limits.bytes) {
      if (this.#fromDisk) throw this.#noRoom()
      throw this.#exceeded('bytes', 'more bytes than')
    }
    // A file's size is known at once; of a stream counts what has come so far.
    const packed = this.#input.size ?? this.#input.read()
    if (unpacked > Math.max(limits.unpacked, limits.ratio * packed)) {
      throw this.#exceeded('ratio', `more than ${formatSize(limits.unpacked)} and more bytes for each packed one than`)
    }
  }

  #exceeded(limit: keyof ExtractLimits, what: string): BentoError {
    return limitError(limit, this.limits[limit], `${this.#input.name} unpacks to ${what} the limit allows`)
  }

  #noRoom(): BentoError {
    return new BentoError(
      'DISK_FULL',
      `${this.#input.name} unpacks to more than the disk has room for: ${formatSize(this.limits.bytes)} may be used.`,
      { hint: 'Free some space there; a tenth of what is free is left alone.', details: { limit: 'bytes' } },
    )
  }
}

/** A limit is exceeded: which, its value, and how to raise it. */
export function limitError(limit: keyof ExtractLimits, value: number, reason: string): BentoError {
  return new BentoError('LIMIT_EXCEEDED', `${reason} (${limit}: ${value}).`, {
    hint: `If you trust its origin, raise the limit: --limit ${limit}=…, or { limits: { ${limit}: … } }.`,
    details: { limit, value },
  })
}
