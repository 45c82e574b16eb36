import { randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { shrinks } from '../../src/archive/sample.js'
import { gaussians, sentences } from '../support/archive-data.js'

const MIB = 1024 * 1024

describe('what shrinks', () => {
  const weights = gaussians(MIB, 7)
  const json = Buffer.from(JSON.stringify(Array.from({ length: 40_000 }, (_, id) => ({ id, score: Math.sin(id) }))))
  it.each<[string, boolean, Uint8Array]>([
    ['weights in fp32', false, new Uint8Array(weights.buffer)],
    ['weights in bf16', false, new Uint8Array(Uint16Array.from(bits(weights), word => word >>> 16).buffer)],
    ['weights in int8', false, new Uint8Array(Int8Array.from(weights, value => Math.round(value * 1600)).buffer)],
    ['noise', false, randomBytes(MIB)],
    ['what is compressed already', false, gzipSync(json)],
    ['base64 of noise', false, Buffer.from(randomBytes(MIB).toString('base64'))],
    ['nothing', false, new Uint8Array(0)],
    ['text', true, sentences(MIB, 3)],
    ['a little text', true, sentences(600, 3)],
    ['JSON', true, json],
    ['zeros', true, new Uint8Array(MIB)],
    ['half zeros, half noise', true, Buffer.concat([new Uint8Array(MIB / 2), randomBytes(MIB / 2)])],
    ['noise with a fifth of zeros', false, Buffer.concat([randomBytes(MIB * 0.8), new Uint8Array(MIB / 5)])],
  ])('%s: %s', (_name, expected, block) => {
    expect(shrinks(block)).toBe(expected)
  })

  it('looks at the whole breadth of a block, its end included', () => {
    const block = new Uint8Array(8 * MIB)
    expect(shrinks(block)).toBe(true)
    block.set(randomBytes(6 * MIB), 2 * MIB)
    expect(shrinks(block)).toBe(false)
  })
})

function bits(floats: Float32Array): Uint32Array {
  return new Uint32Array(floats.buffer)
}
