import fc from 'fast-check'
import { expect } from 'vitest'

/**
 * Changes a byte of a good file, again and again: it must then be refused, or read as the same data.
 *
 * @returns how often it was which
 */
export async function changeBytes(
  good: Buffer,
  expected: Uint8Array,
  read: (file: Buffer) => Promise<Buffer>,
  numRuns: number,
): Promise<{ same: number; refused: number }> {
  const outcomes = { same: 0, refused: 0 }
  await fc.assert(
    fc.asyncProperty(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
      const copy = Buffer.from(good)
      copy[at]! ^= flip
      try {
        expect((await read(copy)).equals(expected)).toBe(true)
        outcomes.same++
      } catch (error) {
        expect(error).toMatchObject({ code: 'ARCHIVE_INVALID' })
        outcomes.refused++
      }
    }),
    { numRuns, verbose: 1 },
  )
  return outcomes
}
