import { expect, test } from 'vitest'
import { isTagPart } from '../../src/core/tag.js'
import { newVersion } from '../../src/store/version.js'

test('16 characters of base32, each time another', () => {
  const versions = Array.from({ length: 10_000 }, newVersion)
  for (const version of versions) expect(version).toMatch(/^[a-z2-7]{16}$/)
  expect(new Set(versions).size).toBe(versions.length)
  expect(versions.every(isTagPart)).toBe(true)
})

test('the time leads as in a uuid1: time_low, then time_mid', () => {
  const before = BigInt(Date.now()) * 10_000n + 0x01b21dd213814000n
  const version = newVersion()
  const bits = [...version].reduce(
    (sum, char) => sum * 32n + BigInt('abcdefghijklmnopqrstuvwxyz234567'.indexOf(char)),
    0n,
  )
  const low = bits >> 48n
  const mid = (bits >> 32n) & 0xffffn
  const distance = ((mid << 32n) | low) - (before & 0xffff_ffff_ffffn)
  expect(distance >= 0n && distance < 600_000_000n).toBe(true)
})
