import { randomBytes } from 'node:crypto'

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567'
/** 100 ns steps from the start of the Gregorian calendar, the uuid1 epoch, to 1970. */
const EPOCH = 0x01b21dd213814000n

/**
 * Two bytes of the node and the clock sequence: new in each process, so that processes started in one instant differ.
 * Drawn at the first use: randomness takes time to set up, and most commands make no version.
 */
let place: Buffer | undefined
let last = 0n

/**
 * A new version the way BentoML makes one (`_internal/tag.py`): bytes 0-5 and 8-11 of a uuid1 as 16 lower-case
 * base32 characters. Not sortable by time.
 */
export function newVersion(): string {
  const clock = BigInt(Date.now()) * 10_000n + EPOCH
  // Two in one millisecond take successive steps, as uuid1 does.
  last = clock > last ? clock : last + 1n
  const bytes = Buffer.alloc(10)
  bytes.writeUInt32BE(Number(last & 0xffff_ffffn), 0)
  bytes.writeUInt16BE(Number((last >> 32n) & 0xffffn), 4)
  place ??= randomBytes(4)
  place.copy(bytes, 6)
  return base32(bytes)
}

/** Base32 of RFC 4648 in lower case; every 5 bytes make 8 characters. */
function base32(bytes: Buffer): string {
  let bits = BigInt(`0x${bytes.toString('hex')}`)
  let text = ''
  for (let index = 0; index < (bytes.length * 8) / 5; index++) {
    text = ALPHABET[Number(bits & 31n)] + text
    bits >>= 5n
  }
  return text
}
