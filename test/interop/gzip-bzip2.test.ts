import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import type { ByteSink, ByteSource, Chunks } from '../../src/archive/bytes.js'
import { decodeBzip2 } from '../../src/archive/bzip2/decode.js'
import { encodeBzip2 } from '../../src/archive/bzip2/encode.js'
import { decodeGzip } from '../../src/archive/gzip/decode.js'
import { encodeGzip } from '../../src/archive/gzip/encode.js'
import type { ArchiveInput, ExtractLimits, PackLevel } from '../../src/archive/types.js'
import {
  collector,
  gaussians,
  inputOf,
  LIMITS,
  numbers,
  sentences,
  sourceOf,
  unpacked,
} from '../support/archive-data.js'
import { describeNeeding } from '../support/needs.js'
import { findPython } from '../support/python.js'

interface Codec {
  encode(source: ByteSource, sink: ByteSink, options: { level: PackLevel }): Promise<void>
  decode(input: ArchiveInput, limits: ExtractLimits): Chunks
  /** Python's module, which reads a file as BentoML does. */
  module: string
}

const GZIP: Codec = { encode: encodeGzip, decode: decodeGzip, module: 'gzip' }
const BZIP2: Codec = { encode: encodeBzip2, decode: decodeBzip2, module: 'bz2' }

const text = sentences(2_500_000, 1)
const noise = new Uint8Array(gaussians(500_000, 2).buffer)
const DATA: [string, Uint8Array][] = [
  ['nothing', new Uint8Array(0)],
  ['a byte', Uint8Array.of(10)],
  ['text', text],
  ['weights', noise],
  ['weights in the midst of text', Buffer.concat([text.subarray(0, 1_300_000), noise, text])],
  ['zeros', new Uint8Array(5_000_000)],
  ['runs of any length', runsOf(3_000_000)],
]

/** Runs are what bzip2 packs before and after it sorts: up to 255 and more, of many bytes. */
function runsOf(length: number): Uint8Array {
  const next = numbers(3)
  const data = new Uint8Array(length)
  for (let at = 0; at < length; ) {
    const run = 1 + Math.floor(next() ** 6 * 1000)
    data.fill(next() * 256, at, at + run)
    at += run
  }
  return data
}

async function packed(codec: Codec, data: Uint8Array, level: PackLevel): Promise<Buffer> {
  const out = collector()
  await codec.encode(sourceOf(data), out, { level })
  return out.bytes()
}

function run(command: string, args: string[], input: Uint8Array): Buffer {
  const { status, stdout, stderr } = spawnSync(command, args, { input, maxBuffer: 2 ** 28 })
  // Warnings, as of garbage that follows, would be a fault too.
  expect({ status, stderr: stderr.toString() }).toEqual({ status: 0, stderr: '' })
  return stdout
}

function missing(command: string): string | undefined {
  return spawnSync(command, ['-h']).error === undefined ? undefined : `the program ${command}`
}

const PROGRAMS: [string, Codec][] = [
  ['gzip', GZIP],
  ['pigz', GZIP],
  ['bzip2', BZIP2],
  ['lbzip2', BZIP2],
]

for (const [program, codec] of PROGRAMS) {
  describeNeeding(missing(program), `between ${program} and us`, () => {
    describe.each(DATA)('%s', (_name, data) => {
      it.each<PackLevel>(['fast', 1])('is read there, packed here with %s', async level => {
        expect(run(program, ['-dc'], await packed(codec, data, level)).equals(data)).toBe(true)
      })

      it.each(['-1', '-9'])('is read here, packed there with %s', async level => {
        expect((await unpacked(codec.decode(inputOf(run(program, [level, '-c'], data)), LIMITS))).equals(data)).toBe(
          true,
        )
      })
    })
  })
}

for (const codec of [GZIP, BZIP2]) {
  const python = findPython(codec.module)
  const reason = python === undefined ? `a Python with ${codec.module}` : undefined
  describeNeeding(reason, `between Python's ${codec.module} and us`, () => {
    const script = (call: string) => `import sys, ${codec.module}
sys.stdout.buffer.write(${call.replace('DATA', 'sys.stdin.buffer.read()')})`
    it.each(DATA)('%s', async (_name, data) => {
      const ours = await packed(codec, data, 'fast')
      expect(run(python!, ['-c', script(`${codec.module}.decompress(DATA)`)], ours).equals(data)).toBe(true)
      const theirs = run(python!, ['-c', script(`${codec.module}.compress(DATA)`)], data)
      expect((await unpacked(codec.decode(inputOf(theirs), LIMITS))).equals(data)).toBe(true)
    })
  })
}
