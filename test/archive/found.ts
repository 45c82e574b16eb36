import type { FoundEntry } from '../../src/archive/entries.js'
import { Meter, resolveLimits } from '../../src/archive/limits.js'
import { type Placed, type PlaceOptions, placeEntries } from '../../src/archive/place.js'
import type { ExtractLimits } from '../../src/archive/types.js'

/** An entry of an archive that a test makes up. */
export type Made = Partial<Omit<FoundEntry, 'index' | 'body'>> & {
  name: string
  /** Content, in the pieces in which it comes. */
  content?: (string | Uint8Array)[]
  /** Thrown after the content. */
  error?: Error
}

export const dir = (name: string): Made => ({ name, kind: 'dir' })
export const file = (name: string, ...content: (string | Uint8Array)[]): Made => ({ name, kind: 'file', content })
export const link = (name: string, target: string): Made => ({ name, kind: 'link', target })
export const hardlink = (name: string, target: string): Made => ({ name, kind: 'hardlink', target })

/** What {@link place} is told beside the entries. */
export type PlaceTest = Partial<Omit<PlaceOptions, 'meter' | 'hash'>> & {
  /** @default false */
  hash?: boolean
  limits?: Partial<ExtractLimits>
  /** Bytes of the archive, for the ratio. */
  packed?: number
}

/** Puts made-up entries into a folder. */
export async function place(into: string, entries: readonly Made[], test: PlaceTest = {}): Promise<Placed> {
  const { limits = {}, packed = 2 ** 30, hash = false, ...options } = test
  const input = { name: 'the archive', size: packed, read: () => packed }
  const meter = new Meter(await resolveLimits(limits, into), input, limits.bytes === undefined)
  const defaults = { links: 'keep', hash: () => hash, sync: false, signal: undefined } as const
  return placeEntries(found(entries), into, { ...defaults, ...options, meter })
}

async function* found(entries: readonly Made[]): AsyncGenerator<FoundEntry> {
  for (const [index, { content = [], error, ...entry }] of entries.entries()) {
    yield { kind: 'file', executable: false, ...entry, index, body: body(content, error) }
  }
}

/** Hands all pieces out in one buffer, as readers do: what is kept of a chunk too long is found overwritten. */
async function* body(pieces: readonly (string | Uint8Array)[], error: Error | undefined): AsyncGenerator<Uint8Array> {
  const buffers = pieces.map(piece => Buffer.from(piece))
  const shared = Buffer.alloc(Math.max(1, ...buffers.map(({ length }) => length)))
  for (const bytes of buffers) {
    bytes.copy(shared)
    yield shared.subarray(0, bytes.length)
    shared.fill('X')
  }
  if (error !== undefined) throw error
}
