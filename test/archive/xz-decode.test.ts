import { spawnSync } from 'node:child_process'
import { pbkdf2 } from 'node:crypto'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, it } from 'vitest'
import { decodeXz } from '../../src/archive/xz/decode.js'
import { encodeXz } from '../../src/archive/xz/encode.js'
import { findXz } from '../../src/archive/xz/find-xz.js'
import { storedPieces } from '../../src/archive/xz/stored.js'
import { collector, inputOf, LIMITS, numbers, sentences, sourceOf } from '../support/archive-data.js'
import { scratchFolder } from '../support/home.js'
import { describeNeeding } from '../support/needs.js'
import { fieldsOf, unxz, xzFile } from './xz-parts.js'

const work = promisify(pbkdf2)
const next = numbers(11)
const noise = Uint8Array.from({ length: 70_001 }, () => next() * 256)
const text = sentences(300_000, 1)
const xz = await findXz()

/** As BentoML has it: a block without sizes, CRC64. */
let plain: Buffer
/** As we have it: the sizes of the block in its header, CRC32. */
let sized: Buffer
/** LZMA2 of `text`, from the latter. */
let lzma: Buffer

beforeAll(async () => {
  const { default: native } = (await import('lzma-native' as string)) as { default: Lzma }
  plain = await native.compress(Buffer.from(text), { preset: 6, check: native.CHECK_CRC64 })
  const out = collector()
  await encodeXz(sourceOf(text), out, { level: 6 })
  sized = out.bytes()
  const header = 12 + (sized[12]! + 1) * 4
  const fields = sized.subarray(14)
  const size = (fields[0]! & 127) + (fields[1]! & 127) * 128 + (fields[2]! & 127) * 16_384
  lzma = sized.subarray(header, header + size)
})

interface Lzma {
  CHECK_CRC64: number
  compress(data: Buffer, options: object): Promise<Buffer>
}

const compressed = () => ({ data: text, lzma, fields: fieldsOf(lzma.length, text.length, 16) })
const stored = { data: noise }

describe('xz by wasm in a thread', () => suite('worker'))
describeNeeding(xz === undefined ? 'the command xz of XZ Utils' : undefined, 'xz by the command', () => {
  suite('command')

  it('leaves no process behind when nobody reads on, or the input breaks', async () => {
    for await (const _ of decodeXz(inputOf(plain), LIMITS, 'command')) break
    const broken = { name: 'x', chunks: () => failAfter(plain.subarray(0, 40_000)) }
    await expect(unxz(broken, 'command')).rejects.toThrow('the disk broke')
    const children = spawnSync('ps', ['--ppid', String(process.pid), '-o', 'comm='], { encoding: 'utf8' }).stdout
    expect(children.split('\n')).not.toContain('xz')
  })

  it('pays no heed to options that the user set for xz', async () => {
    process.env.XZ_OPT = '--memlimit=1'
    process.env.XZ_DEFAULTS = '--format=raw'
    try {
      expect((await unxz(plain, 'command')).equals(text)).toBe(true)
    } finally {
      delete process.env.XZ_OPT
      delete process.env.XZ_DEFAULTS
    }
  })

  it('takes what SHA-256 checks', async () => {
    const file = spawnSync(xz as string, ['--check=sha256', '-c'], { input: text }).stdout
    expect((await unxz(file, 'command')).equals(text)).toBe(true)
    await expect(unxz(file, 'worker')).rejects.toMatchObject({
      code: 'ARCHIVE_INVALID',
      hint: expect.stringContaining('Install XZ Utils'),
    })
  })
})

/** What both decoders must do alike. */
function suite(decoder: 'command' | 'worker'): void {
  const decode = (file: Uint8Array, portion?: number) => unxz(inputOf(file, portion), decoder)

  it.each([1000, 65_536])('reads one block without sizes in portions of %d bytes', async portion => {
    expect((await decode(plain, portion)).equals(text)).toBe(true)
  })

  it('reads several streams of all kinds, with padding', async () => {
    const streams = [plain, Buffer.alloc(8), xzFile({ blocks: [stored] }), sized, xzFile({ blocks: [] }), plain]
    expect((await decode(Buffer.concat(streams))).equals(Buffer.concat([text, noise, text, text]))).toBe(true)
    const rest = [xzFile({ blocks: [stored] }), plain, Buffer.alloc(4), plain, Buffer.alloc(4)]
    expect((await decode(Buffer.concat(rest))).equals(Buffer.concat([noise, text, text]))).toBe(true)
  })

  it('reads stored and compressed blocks in any order', async () => {
    const kinds = [compressed(), stored, stored, compressed(), compressed(), stored, compressed()]
    const data = Buffer.concat(kinds.map(block => block.data))
    for (const check of [0, 1]) expect((await decode(xzFile({ check, blocks: kinds }))).equals(data)).toBe(true)
  })

  it('reads stored chunks that are not full', async () => {
    // Two chunks where one would do: not as we write it.
    const halves = [storedPieces(noise.subarray(0, 100)), storedPieces(noise.subarray(100, 200))]
    const chunks = Buffer.concat([...(halves[0] ?? []).slice(0, -1), ...(halves[1] ?? [])])
    const data = noise.subarray(0, 200)
    expect((await decode(xzFile({ blocks: [{ data, lzma: chunks }, stored] }))).equals(Buffer.concat([data, noise])))
  })

  it('reads more compressed blocks than it hands over together', async () => {
    const small = text.subarray(0, 1)
    const chunk = Uint8Array.of(1, 0, 0, small[0]!, 0)
    const odd = {
      data: Buffer.concat([small, small]),
      lzma: Uint8Array.of(...chunk.subarray(0, 4), 2, 0, 0, small[0]!, 0),
    }
    const file = xzFile({ blocks: Array.from({ length: 2500 }, () => odd) })
    expect((await decode(file)).equals(Buffer.alloc(5000, small[0]!))).toBe(true)
  })

  it.each<[string, RegExp, () => Uint8Array]>([
    ['that is cut', /ends too early/, () => plain.subarray(0, -1)],
    ['that is cut in its data', /ends too early/, () => plain.subarray(0, 5000)],
    ['with a changed byte', /corrupt/, () => changed(plain, 5000)],
    ['with another check', /corrupt/, () => changed(plain, -40)],
    [
      'with garbage after it',
      /something else follows|ends too early/,
      () => Buffer.concat([plain, Buffer.from('garbage!')]),
    ],
    [
      'with padding of five bytes',
      /corrupt|ends too early|something else follows/,
      () => Buffer.concat([plain, Buffer.alloc(5)]),
    ],
    [
      'with half a stream after it',
      /corrupt|ends too early|something else follows/,
      () => Buffer.concat([plain, plain.subarray(0, 100)]),
    ],
    [
      'with .lzma after it',
      /corrupt|ends too early|something else follows/,
      () => Buffer.concat([plain, Buffer.from('5d00008000ffffffffffffffff', 'hex')]),
    ],
    ['whose sizes are told, cut', /ends too early/, () => sized.subarray(0, 5000)],
    ['whose sizes are told, with a changed byte', /corrupt/, () => changed(sized, 5000)],
    ['whose sizes are told, with another check', /corrupt/, () => xzFile({ blocks: [{ ...compressed(), sum: 1 }] })],
    ['with other padding', /corrupt/, () => xzFile({ blocks: [{ ...compressed(), padding: oddPadding() }] })],
    ['with a larger size', /corrupt/, () => lying(0, 1)],
    ['with a smaller size', /corrupt/, () => lying(0, -1)],
    ['with a larger compressed size', /corrupt|ends too early|something else follows/, () => lying(4, 0)],
    ['with a smaller compressed size', /corrupt|ends too early|something else follows/, () => lying(-4, 0)],
    ['without sizes after one with them', /no known program/, () => withoutSizes()],
    ['of an unknown filter', /not supported/, () => xzFile({ blocks: [{ data: text, lzma, fields: [0, 0x7f, 0] }] })],
  ])('a file %s is refused', async (_, reason, file) => {
    const result = decode(file())
    await expect(result).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' })
    await expect(result).rejects.toThrow(reason)
  })

  it('a dictionary that is too large is refused before the decoder sees it', async () => {
    const file = xzFile({ check: 4, blocks: [{ data: text, lzma, fields: [0, 0x21, 1, 40] }] })
    await expect(decode(file)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED', details: { dictionary: 2 ** 32 - 1 } })
  })

  it('the dictionary of xz -9 is taken by default', async () => {
    const file = xzFile({ check: 0, blocks: [{ data: text, lzma, fields: [0, 0x21, 1, 28] }] })
    expect((await decode(file)).equals(text)).toBe(true)
    await expect(unxz(file, decoder, { memory: 2 ** 26 - 1 })).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
  })

  it('a dictionary that is too large in a later stream is refused by the decoder', async () => {
    const file = xzFile({ check: 0, blocks: [{ data: text, lzma, fields: [0, 0x21, 1, 38] }] })
    await expect(decode(Buffer.concat([plain, file]))).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
  })

  it('throws what the input throws', async () => {
    for (const file of [plain, sized]) {
      const input = { name: 'x', chunks: () => failAfter(file.subarray(0, 20_000)) }
      await expect(unxz(input, decoder)).rejects.toThrow('the disk broke')
    }
  })

  it('ends when nobody reads on, though the input never does', async () => {
    const part = Buffer.concat([...Array.from({ length: 8 }, () => plain), plain.subarray(0, -100)])
    const input = { name: 'x', chunks: () => waitAfter(part) }
    for await (const _ of decodeXz(input, LIMITS, decoder)) break
  })

  it('does not read far ahead of whoever uses it', async () => {
    let given = 0
    async function* endless() {
      for (;;) {
        given += sized.length
        yield sized
      }
    }
    let used = 0
    for await (const chunk of decodeXz({ name: 'x', chunks: endless }, LIMITS, decoder)) {
      used += chunk.length
      const ahead = (given / sized.length) * text.length - used
      expect(ahead).toBeLessThan(8 * 1024 * 1024)
      // Longer than it takes to decompress the next.
      await work('', '', 20_000, 64, 'sha512')
      if (used > 20 * 1024 * 1024) break
    }
  })
}

/** A block that says other sizes than it has. */
function lying(compressedBy: number, uncompressedBy: number): Buffer {
  const fields = fieldsOf(lzma.length + compressedBy, text.length + uncompressedBy, 16)
  return xzFile({ blocks: [stored, { data: text, lzma, fields }] })
}

function withoutSizes(): Buffer {
  return xzFile({ blocks: [stored, { data: text, lzma, fields: [0, 0x21, 1, 16] }] })
}

function oddPadding(): number[] {
  return lzma.length % 4 === 0 ? [1, 0, 0, 0] : Array.from({ length: 4 - (lzma.length % 4) }, () => 1)
}

function changed(file: Buffer, at: number): Buffer {
  const copy = Buffer.from(file)
  copy[at < 0 ? copy.length + at : at]! ^= 1
  return copy
}

async function* failAfter(part: Uint8Array) {
  yield part
  throw new Error('the disk broke')
}

async function* waitAfter(part: Uint8Array) {
  yield part
  await new Promise(() => undefined)
}

describe('the command xz', () => {
  it.skipIf(process.platform === 'win32')('is looked for on the PATH, and must be of XZ Utils', async () => {
    const before = process.env.PATH
    const folder = scratchFolder()
    const other = join(folder, 'other')
    mkdirSync(other)
    // As BusyBox answers.
    writeFileSync(join(other, 'xz'), '#!/bin/sh\necho "xz: unrecognized option: robot" >&2\nexit 1\n')
    chmodSync(join(other, 'xz'), 0o755)
    try {
      process.env.PATH = folder
      expect(await findXz()).toBeUndefined()
      process.env.PATH = `relative${delimiter}${other}`
      expect(await findXz()).toBeUndefined()
      expect((await unxz(plain)).equals(text)).toBe(true)
      process.env.PATH = `${other}${delimiter}${before}`
      expect(await findXz()).toBe(xz)
    } finally {
      process.env.PATH = before
    }
  })
})
