import { expect, it } from 'vitest'
import { encodeXz } from '../../src/archive/xz/encode.js'
import { isBentoError } from '../../src/core/errors.js'
import { collector, inputOf, numbers, sentences, sourceOf } from '../support/archive-data.js'
import { unxz, xzFile } from './xz-parts.js'

const SEED = Number(process.env.BENTO_TEST_SEED ?? Date.now() % 2 ** 31)
console.log(`seed of the mutations: BENTO_TEST_SEED=${SEED}`)
const next = numbers(SEED)
const below = (limit: number) => Math.floor(next() * limit)

const noise = Uint8Array.from({ length: 66_000 }, () => next() * 256)
const blocks = [{ data: noise }, { data: noise.subarray(0, 5) }, { data: noise.subarray(0, 1000) }]
const stored = xzFile({ blocks })

/** Whether a file is refused with a code; it must not come out as something else. */
async function isRefused(file: Uint8Array, data: Uint8Array, decoder?: 'worker'): Promise<boolean> {
  try {
    const found = await unxz(inputOf(file), decoder)
    expect(found.equals(data)).toBe(true)
    return false
  } catch (error) {
    if (!isBentoError(error, 'ARCHIVE_INVALID', 'LIMIT_EXCEEDED')) throw error
    return true
  }
}

it('finds every changed byte of a stored file', async () => {
  const data = Buffer.concat(blocks.map(block => block.data))
  // All of what is not data; of the data, some.
  const places = [
    ...range(0, 40),
    ...range(65_560, 65_580),
    ...range(66_020, 66_200),
    ...range(stored.length - 60, stored.length),
  ]
  for (let count = 0; count < 3000; count++) places.push(below(stored.length))
  for (const at of places) {
    const file = Buffer.from(stored)
    file[at]! ^= 1 + below(255)
    expect(await isRefused(file, data), `byte ${at}`).toBe(true)
  }
}, 120_000)

it.each([
  ['taken away', (file: Buffer, at: number, length: number) => [file.subarray(0, at), file.subarray(at + length)]],
  [
    'put in',
    (file: Buffer, at: number, length: number) => [file.subarray(0, at), noise.subarray(0, length), file.subarray(at)],
  ],
  ['doubled', (file: Buffer, at: number, length: number) => [file.subarray(0, at + length), file.subarray(at)]],
  [
    'zeroed',
    (file: Buffer, at: number, length: number) => [
      file.subarray(0, at),
      Buffer.alloc(length),
      file.subarray(at + length),
    ],
  ],
])(
  'finds bytes of a stored file that are %s',
  async (_, change) => {
    const data = Buffer.concat(blocks.map(block => block.data))
    for (let count = 0; count < 500; count++) {
      const at = below(stored.length)
      const file = Buffer.concat(change(stored, at, 1 + below(Math.min(200, stored.length - at))))
      if (!file.equals(stored)) expect(await isRefused(file, data), `byte ${at}`).toBe(true)
    }
  },
  120_000,
)

it('takes no changed byte of a compressed file for other data', async () => {
  let refused = 0
  const text = sentences(20_000, 1)
  const out = collector()
  await encodeXz(sourceOf(text), out, { level: 1 })
  for (let count = 0; count < 60; count++) {
    const file = out.bytes()
    const at = below(file.length)
    file[at]! ^= 1 + below(255)
    for (const decoder of [undefined, 'worker'] as const) {
      // LZMA ignores the first byte of each chunk's code: a file that differs there is the same data.
      if (await isRefused(file, text, decoder)) refused++
    }
  }
  expect(refused).toBeGreaterThan(110)
}, 120_000)

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index)
}
