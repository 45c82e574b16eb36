import { crc32, inflateRawSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { PackEntry, PackFile } from '../../src/archive/entries.js'
import type { PackLevel } from '../../src/archive/types.js'
import {
  centralHeader,
  descriptor,
  dosTime,
  endRecords,
  type Header,
  localHeader,
} from '../../src/archive/zip/records.js'
import { writeZip } from '../../src/archive/zip/write.js'
import { collector, gaussians, portions, sentences } from '../support/archive-data.js'
import { fileOf, readBytes, written } from './zip-parts.js'

const MIB = 1024 * 1024
const text = sentences(3 * MIB, 1)
const noise = new Uint8Array(gaussians(MIB, 2).buffer)
const options = { mtime: 315532800, level: 'fast' as const }

/** Method and descriptor flag of each entry, by its local header; sizes of the archive's contents are as declared. */
function forms(archive: Buffer): string[] {
  const found: string[] = []
  for (
    let at = archive.indexOf('PK\x01\x02', archive.readUInt32LE(archive.length - 6));
    archive.readUInt32LE(at) === 0x02014b50;
  ) {
    const local = archive.readUInt32LE(at + 42)
    const method = archive.readUInt16LE(at + 10) === 0 ? 'stored' : 'deflated'
    found.push((archive.readUInt16LE(local + 6) & 8) === 0 ? method : `${method}, then told`)
    at += 46 + archive.readUInt16LE(at + 28) + archive.readUInt16LE(at + 30)
  }
  return found
}

describe('a zip archive is written', () => {
  it('byte for byte as the format has it', async () => {
    const entries: PackEntry[] = [
      { kind: 'dir', path: 'd' },
      fileOf('d/é', 'hi', true),
      { kind: 'link', path: 'l', target: 'd/é' },
    ]
    const hex = (await written(entries, { mtime: Date.UTC(2026, 10, 20, 13, 14, 17) / 1000 })).toString('hex')
    const stamp = 'c869745d'
    expect(hex).toBe(
      [
        `504b0304 1400 0000 0000 ${stamp} 00000000 00000000 00000000 0200 0000 642f`,
        `504b0304 0a00 0008 0000 ${stamp} ac2a93d8 02000000 02000000 0400 0000 642fc3a9 6869`,
        `504b0304 0a00 0000 0000 ${stamp} ${crcHex('d/é')} 04000000 04000000 0100 0000 6c 642fc3a9`,
        `504b0102 2d03 1400 0000 0000 ${stamp} 00000000 00000000 00000000 0200 0000 0000 0000 0000 1000ed41 00000000 642f`,
        `504b0102 2d03 0a00 0008 0000 ${stamp} ac2a93d8 02000000 02000000 0400 0000 0000 0000 0000 0000ed81 20000000 642fc3a9`,
        `504b0102 2d03 0a00 0000 0000 ${stamp} ${crcHex('d/é')} 04000000 04000000 0100 0000 0000 0000 0000 0000ffa1 44000000 6c`,
        '504b0506 0000 0000 0300 0300 91000000 67000000 0000',
      ]
        .join('')
        .replaceAll(' ', ''),
    )
  })

  it.each<[level: PackLevel, forms: string[]]>([
    // In order: little text, little noise, much text, much noise, much noise and text, much text and noise, nothing.
    [
      'fast',
      [
        'deflated',
        'stored',
        'deflated, then told',
        'stored, then told',
        'stored, then told',
        'deflated, then told',
        'stored',
      ],
    ],
    ['small', ['deflated', 'deflated', ...Array(4).fill('deflated, then told'), 'stored']],
    [1, ['deflated', 'deflated', ...Array(4).fill('deflated, then told'), 'stored']],
    [0, ['stored', 'stored', ...Array(4).fill('stored, then told'), 'stored']],
  ])('at level %s: stores what does not shrink', async (level, expected) => {
    const contents = [
      text.subarray(0, MIB),
      noise.subarray(0, MIB),
      text.subarray(0, MIB + 1),
      noise.subarray(0, MIB + 1),
      Buffer.concat([noise, text]),
      Buffer.concat([text, noise]),
      new Uint8Array(),
    ]
    const archive = await written(
      contents.map((content, index) => fileOf(`f${index}`, content)),
      { level },
    )
    expect(forms(archive)).toEqual(expected)
    for (const [index, { content }] of (await readBytes(archive)).entries()) {
      expect(content.equals(contents[index]!)).toBe(true)
    }
  })

  it('storing the pieces of a deflated file that do not shrink', async () => {
    const archive = await written([fileOf('f', Buffer.concat([text.subarray(0, MIB), noise]))])
    const alone = await written([fileOf('f', text.subarray(0, MIB))])
    const headers = (noise.length / MIB) * 17 * 5
    expect(archive.length - alone.length).toBeGreaterThan(noise.length + headers)
    expect(archive.length - alone.length).toBeLessThan(noise.length + headers + 200)
  })

  it('as one stream of deflate, nearly as short as zlib makes it', async () => {
    const archive = await written([fileOf('f', text)])
    const content = archive.subarray(31, archive.readUInt32LE(archive.length - 6) - 16)
    expect(inflateRawSync(content).equals(text)).toBe(true)
  })

  it('the same whatever portions the contents come in, and however long it takes', async () => {
    const contents = Array.from({ length: 30 }, (_, index) => Buffer.from(text.subarray(index, 40_000 * index)))
    const plain = await written(contents.map((content, index) => fileOf(`f${index}`, content)))
    const late = contents.map((content, index): PackFile => {
      const sizes = (function* () {
        for (let size = 7777; ; size += 1234) yield size
      })()
      const file = fileOf(`f${index}`, content)
      return {
        ...file,
        open: async () => {
          for (let turn = 0; turn < 40 - index; turn++) await new Promise(resolve => setImmediate(resolve))
          return { ...portions(content, sizes), close: async () => undefined }
        },
      }
    })
    expect((await written(late)).equals(plain)).toBe(true)
  })

  it('in few writes, however many the files', async () => {
    let writes = 0
    const out = collector(async () => void writes++)
    await writeZip(
      Array.from({ length: 5000 }, (_, index) => fileOf(`f${index}`, `${index}`)),
      out,
      options,
    )
    expect(writes).toBeLessThan(30)
    expect(await readBytes(out.bytes())).toHaveLength(5000)
  })

  it('telling how far it is', async () => {
    let told = 0
    let times = 0
    const onBytes = (count: number) => {
      told += count
      times++
    }
    await written([fileOf('a', text), fileOf('b', noise.subarray(0, 1000)), fileOf('c', '')], { onBytes })
    expect([told, times]).toEqual([text.length + 1000, 4])
  })

  it.each([10, -1, 1.5, Number.NaN])('not at level %s', async level => {
    await expect(written([fileOf('a', 'x')], { level })).rejects.toMatchObject({ code: 'OPTION_INVALID' })
  })

  it('not with a name that no header holds', async () => {
    await expect(written([fileOf('x'.repeat(65_536), '')])).rejects.toMatchObject({ code: 'ENTRY_NAME' })
    expect(await readBytes(await written([fileOf('x'.repeat(65_535), '')]))).toHaveLength(1)
  })
})

describe('a file that is packed', () => {
  it.each([
    ['small', 1000, 999],
    ['small', 1000, 1001],
    ['large', 2 * MIB, 2 * MIB - 1],
    ['large', 2 * MIB, 2 * MIB + 1],
    ['large', 2 * MIB, 0],
  ])('is refused when it is %s, and of %d bytes has become one of %d', async (_, size, length) => {
    const changed = { ...fileOf('f', noise.subarray(0, length)), size }
    await expect(written([fileOf('a', 'a'), changed, fileOf('z', 'z')])).rejects.toMatchObject({
      code: 'SOURCE_CHANGED',
    })
  })

  it.each([
    ['opened', 1000],
    ['read', 1000],
    ['opened', 2 * MIB],
    ['read', 2 * MIB],
  ])('is closed, like all others, when one cannot be %s (%d bytes)', async (what, size) => {
    let open = 0
    const watched = (file: PackFile, fails: boolean): PackFile => ({
      ...file,
      open: async () => {
        if (fails && what === 'opened') throw new Error('broken')
        const opened = await file.open()
        open++
        return {
          read: async into => {
            if (fails) throw new Error('broken')
            await new Promise(resolve => setImmediate(resolve))
            return opened.read(into)
          },
          close: async () => {
            await new Promise(resolve => setImmediate(resolve))
            open--
          },
        }
      },
    })
    const files = Array.from({ length: 20 }, (_, index) =>
      watched(fileOf(`f${index}`, noise.subarray(0, size)), index === 7),
    )
    await expect(written(files)).rejects.toThrow('broken')
    expect(open).toBe(0)
  })

  it('is closed when the sink fails', async () => {
    let open = 0
    const files = Array.from({ length: 20 }, (_, index): PackFile => {
      const file = fileOf(`f${index}`, noise.subarray(0, 700_000 + index * 50_000))
      return {
        ...file,
        open: async () => {
          open++
          return { ...(await file.open()), close: async () => void open-- }
        },
      }
    })
    for (let good = 0; good < 12; good++) {
      let writes = 0
      const sink = {
        write: async () => {
          if (writes++ === good) throw new Error('full')
        },
      }
      await expect(writeZip(files, sink, options)).rejects.toThrow('full')
      expect(open).toBe(0)
    }
  })
})

describe('the records of a zip archive', () => {
  const GIB4 = 2 ** 32
  const header: Header = {
    name: Buffer.from('n'),
    utf8: false,
    time: 0,
    date: 33,
    attributes: 0,
    folder: false,
    method: 0,
    streamed: true,
    large: true,
    crc: 5,
    packed: GIB4 + 1,
    size: GIB4 + 2,
  }
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

  it('have zip64 fields for what is too large', () => {
    expect(hex(localHeader(header))).toBe(
      `504b03042d00080000000000210000000000ffffffffffffffff010014006e01001000${'00'.repeat(16)}`,
    )
    expect(hex(descriptor(header))).toBe('504b07080500000001000000010000000200000001000000')
    const central = Buffer.from(centralHeader(header, GIB4))
    expect(hex(central.subarray(47))).toBe('01001800020000000100000001000000010000000000000001000000')
    const small = { ...header, size: 1, packed: 1 }
    expect(hex(centralHeader(small, 0xffffffff).subarray(47))).toBe('01000800ffffffff00000000')
    expect(centralHeader(small, 0xfffffffe)).toHaveLength(47)
  })

  it('have a zip64 end for many entries, and for what lies far behind', () => {
    expect(endRecords(65_534, 0xfffffffe, 0xfffffffe)).toHaveLength(22)
    for (const [entries, start, length] of [
      [65_535, 0, 0],
      [0, 0xffffffff, 0],
      [0, 0, 0xffffffff],
    ] as const) {
      expect(endRecords(entries, start, length)).toHaveLength(56 + 20 + 22)
    }
  })

  it('have times from 1980 to 2107, in UTC', () => {
    const at = (seconds: number) => {
      const { time, date } = dosTime(seconds)
      const two = (value: number) => String(value).padStart(2, '0')
      return `${1980 + (date >> 9)}-${two((date >> 5) & 15)}-${two(date & 31)} ${two(time >> 11)}:${two((time >> 5) & 63)}:${two((time & 31) * 2)}`
    }
    expect(at(315532800)).toBe('1980-01-01 00:00:00')
    expect(at(0)).toBe('1980-01-01 00:00:00')
    expect(at(Date.UTC(2024, 1, 29, 23, 59, 59) / 1000)).toBe('2024-02-29 23:59:58')
    expect(at(Date.UTC(2300, 0) / 1000)).toBe('2107-12-31 23:59:58')
  })

  it('list 65,536 entries', async () => {
    const entries = Array.from({ length: 65_536 }, (_, index): PackEntry => ({ kind: 'dir', path: `d${index}` }))
    expect(await readBytes(await written(entries))).toHaveLength(65_536)
  })
})

function crcHex(content: string): string {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(crc32(content))
  return bytes.toString('hex')
}
