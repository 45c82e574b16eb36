import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import type { PackLevel } from '../../src/archive/types.js'
import { decodeXz, type XzDecoder } from '../../src/archive/xz/decode.js'
import { encodeXz } from '../../src/archive/xz/encode.js'
import { findXz } from '../../src/archive/xz/find-xz.js'
import { xzPlan } from '../../src/archive/xz/level.js'
import { collector, gaussians, inputOf, LIMITS, sentences, sourceOf, unpacked } from '../support/archive-data.js'
import { scratchFolder } from '../support/home.js'
import { describeNeeding } from '../support/needs.js'
import { findPython } from '../support/python.js'

const xz = await findXz()
const python = findPython('lzma')
const BLOCK = xzPlan('fast').blockSize
const noise = new Uint8Array(gaussians(BLOCK / 4 + 1, 1).buffer)
const text = sentences(400_000, 2)

/** Data of each kind, and at each border. */
const SAMPLES: Record<string, Uint8Array> = {
  ...Object.fromEntries(
    [0, 1, 65_535, 65_536, 65_537, BLOCK - 1, BLOCK, BLOCK + 1].map(length => [
      `${length} bytes of noise`,
      noise.subarray(0, length),
    ]),
  ),
  text,
  'noise, then text': Buffer.concat([noise.subarray(0, BLOCK), text]),
  'text, then noise': Buffer.concat([text, noise.subarray(0, 600_000)]),
}

async function packed(data: Uint8Array, level: PackLevel = 'fast'): Promise<Buffer> {
  const out = collector()
  await encodeXz(sourceOf(data), out, { level })
  return out.bytes()
}

const files = new Map<string, Buffer>()
beforeAll(async () => {
  for (const [name, data] of Object.entries(SAMPLES)) files.set(name, await packed(data))
  files.set('text, small', await packed(text, 'small'))
})
const all = [...Object.entries(SAMPLES), ['text, small', text] as const]
const fileOf = (name: string) => files.get(name) as Buffer

/** Runs a reader over a file, and says what came out and how it ended. */
function read(
  command: string,
  args: string[],
  input: Uint8Array,
): { status: number | null; stdout: Buffer; stderr: string } {
  const { status, stdout, stderr } = spawnSync(command, args, { input, maxBuffer: 2 ** 28 })
  return { status, stdout, stderr: String(stderr) }
}

describeNeeding(xz === undefined ? 'the command xz of XZ Utils' : undefined, 'XZ Utils', () => {
  const command = xz as string

  it.each(all)('reads %s, in one thread and in several', (name, data) => {
    expect(read(command, ['--test', '--quiet'], fileOf(name))).toMatchObject({ status: 0, stderr: '' })
    for (const threads of ['-T1', '-T0']) {
      const { status, stdout } = read(command, ['-dc', threads], fileOf(name))
      expect(status).toBe(0)
      expect(stdout.equals(data)).toBe(true)
    }
  })

  it('finds one stream, whose blocks tell both sizes', () => {
    const file = join(scratchFolder(), 'file.xz')
    writeFileSync(file, fileOf('noise, then text'))
    const rows = String(spawnSync(command, ['--robot', '--list', '-vv', file]).stdout)
      .split('\n')
      .map(line => line.split('\t'))
    expect(rows.filter(([kind]) => kind === 'stream')).toHaveLength(1)
    // The thirteenth column of a block says which sizes its header has (xz(1), "List mode").
    expect(rows.filter(([kind]) => kind === 'block').map(row => row[12])).toEqual(['cu', 'cu'])
  })

  const settings: [string, string[]][] = [
    ['as BentoML', ['-6', '--check=crc64']],
    ['at -9', ['-9']],
    ['in many blocks', ['-1', '-T2', '--block-size=200KiB']],
    ['in many blocks with CRC32', ['-1', '-T2', '--block-size=200KiB', '--check=crc32']],
    ['without check', ['-1', '--check=none']],
  ]
  const decoders: XzDecoder[] = ['command', 'worker']
  it.each(settings.flatMap(([title, args]) => decoders.map(decoder => [title, decoder, args] as const)))(
    'what it writes %s is read by the %s',
    async (_, decoder, args) => {
      for (const data of [text, SAMPLES['text, then noise'] as Uint8Array]) {
        const { stdout } = read(command, [...args, '-c'], data)
        expect((await unpacked(decodeXz(inputOf(stdout), LIMITS, decoder))).equals(data)).toBe(true)
      }
    },
  )
})

describeNeeding(python === undefined ? 'a Python with lzma' : undefined, "Python's lzma", () => {
  it.each(all)('reads %s', (name, data) => {
    const program = 'import lzma, sys; sys.stdout.buffer.write(lzma.open(sys.stdin.buffer).read())'
    const { status, stdout, stderr } = read(python as string, ['-c', program], fileOf(name))
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout.equals(data)).toBe(true)
  })

  it('reads it as one stream', () => {
    const program =
      'import lzma, sys; d = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=2**20); x = d.decompress(sys.stdin.buffer.read()); print(d.eof, len(x), len(d.unused_data))'
    const { stdout } = read(python as string, ['-c', program], fileOf(`${BLOCK + 1} bytes of noise`))
    expect(stdout.toString().trim()).toBe(`True ${BLOCK + 1} 0`)
  })
})

describe('packages of npm', () => {
  const require = createRequire(import.meta.url)

  it.each(all)('xz-decompress reads %s', async (name, data) => {
    const { XzReadableStream } = require('xz-decompress') as typeof import('xz-decompress')
    const stream = new XzReadableStream(new Blob([Uint8Array.from(fileOf(name))]).stream())
    expect((await unpacked(stream as AsyncIterable<Uint8Array>)).equals(data)).toBe(true)
  })

  it.each(all)('lzma-native reads %s', async (name, data) => {
    const lzma = require('lzma-native') as { decompress(file: Buffer): Promise<Buffer> }
    expect((await lzma.decompress(fileOf(name))).equals(data)).toBe(true)
  })
})
