import { createHash } from 'node:crypto'
import type { MeasuredFile } from './planned-file.js'

/** RFC 4648 in lower case: the alphabet of BentoML's own versions. */
const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567'

/** What a bento's content is, as one hash and as a version. */
export interface Content {
  /** `sha256:<hex>` over files and manifest. */
  hash: string
  /** The first 16 base32 characters (80 bits) of the same hash. */
  version: string
}

/**
 * Derives what identifies a bento's content: a SHA-256 over its files (path, executable bit, SHA-256 or link target) and
 * its manifest. Where, when, by whom and with which version of this package it was built doesn't count, nor the order
 * of `files` and of the manifest's keys.
 *
 * @param files every file but `bento.yaml` and `SHA256SUMS`
 * @param manifest the manifest without what changes from build to build
 */
export function contentOf(files: readonly MeasuredFile[], manifest: unknown): Content {
  const entries = files
    .map(file =>
      file.kind === 'link'
        ? ['link', file.path, file.target]
        : [file.executable ? 'program' : 'file', file.path, file.sha256],
    )
    .map(entry => JSON.stringify(entry))
    .sort()
  const hash = createHash('sha256')
    .update(canonicalJson({ files: entries, manifest }))
    .digest()
  return { hash: `sha256:${hash.toString('hex')}`, version: base32(hash.subarray(0, 10)) }
}

/** JSON with sorted keys and no space; keys without a value are left out. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
}

function base32(bytes: Uint8Array): string {
  let bits = ''
  for (const byte of bytes) bits += byte.toString(2).padStart(8, '0')
  return bits.replace(/.{5}/g, five => BASE32[Number.parseInt(five, 2)] ?? '')
}
