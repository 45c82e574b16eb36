import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32, deflateRawSync } from 'node:zlib'
import type { PackEntry, PackFile } from '../../src/archive/entries.js'
import type { ExtractLimits } from '../../src/archive/types.js'
import { readZip } from '../../src/archive/zip/read.js'
import { writeZip, type ZipOptions } from '../../src/archive/zip/write.js'
import { collector, LIMITS, sourceOf } from '../support/archive-data.js'
import { scratchFolder } from '../support/home.js'

/** What both headers of an entry say. Numbers are written as they are given, however wrong. */
export interface Head {
  name: string | Buffer
  flags: number
  method: number
  crc: number
  packed: number
  size: number
  extra: Buffer
}

/** An entry to be put into an archive as it is; what isn't given is right. */
export interface Part extends Partial<Head> {
  name: string | Buffer
  content?: string | Buffer
  /** Bytes between the headers, where they aren't what {@link method} makes of the content. */
  data?: Buffer
  local?: Partial<Head>
  central?: Partial<Head>
  host?: number
  attributes?: number
  disk?: number
  offset?: number
  comment?: Buffer
  /** Bytes behind the content: a descriptor, or a gap. */
  behind?: Buffer
}

/** The archive around its entries; what isn't given is right. */
export interface Frame {
  before?: Buffer
  beforeDirectory?: Buffer
  beforeEnd?: Buffer
  behind?: Buffer
  comment?: Buffer
  count?: number
  length?: number
  start?: number
  disk?: number
  /** Puts a zip64 record and its locator before the end record. */
  zip64?: { count?: number; start?: number; size?: number; signature?: number; at?: number; disks?: number }
}

const DESCRIPTOR_FLAG = 8

/** An archive made byte by byte. */
export function zip(parts: readonly Part[], frame: Frame = {}): Buffer {
  const body: Buffer[] = [frame.before ?? Buffer.alloc(0)]
  const directory: Buffer[] = []
  let at = body[0]?.length ?? 0
  for (const part of parts) {
    const { content = '', method = 0 } = part
    const plain = Buffer.from(content)
    const data = part.data ?? (method === 8 ? deflateRawSync(plain) : plain)
    const right = {
      flags: 0,
      method,
      crc: crc32(plain),
      packed: data.length,
      size: plain.length,
      extra: Buffer.alloc(0),
    }
    const head: Head = { ...right, ...part }
    const streamed = (head.flags & DESCRIPTOR_FLAG) !== 0
    const local: Head = { ...head, ...(streamed && { crc: 0, packed: 0, size: 0 }), ...part.local }
    const pieces = [localHeader(local), data, part.behind ?? (streamed ? descriptor(head) : Buffer.alloc(0))]
    directory.push(centralHeader({ ...head, ...part.central }, part, part.offset ?? at))
    body.push(...pieces)
    at += pieces.reduce((sum, piece) => sum + piece.length, 0)
  }
  body.push(frame.beforeDirectory ?? Buffer.alloc(0))
  const start = frame.start ?? body.reduce((sum, piece) => sum + piece.length, 0)
  body.push(...directory)
  const length = frame.length ?? directory.reduce((sum, piece) => sum + piece.length, 0)
  return Buffer.concat([...body, frame.beforeEnd ?? Buffer.alloc(0), ends(parts.length, start, length, frame)])
}

function bytes(...fields: [size: 2 | 4 | 8, value: number][]): Buffer {
  return Buffer.concat(
    fields.map(([size, value]) => {
      const field = Buffer.alloc(8)
      field.writeBigUInt64LE(BigInt(value))
      return field.subarray(0, size)
    }),
  )
}

function localHeader({ name, flags, method, crc, packed, size, extra }: Head): Buffer {
  const raw = Buffer.from(name)
  const fixed = bytes([4, 0x04034b50], [2, 20], [2, flags], [2, method], [4, 0x00210000], [4, crc], [4, packed])
  return Buffer.concat([fixed, bytes([4, size], [2, raw.length], [2, extra.length]), raw, extra])
}

function centralHeader(head: Head, part: Part, offset: number): Buffer {
  const { host = 3, attributes = 0, disk = 0, comment = Buffer.alloc(0) } = part
  const raw = Buffer.from(head.name)
  return Buffer.concat([
    bytes([4, 0x02014b50], [2, (host << 8) | 20], [2, 20], [2, head.flags], [2, head.method], [4, 0x00210000]),
    bytes([4, head.crc], [4, head.packed], [4, head.size], [2, raw.length], [2, head.extra.length]),
    bytes([2, comment.length], [2, disk], [2, 0], [4, attributes], [4, offset]),
    raw,
    head.extra,
    comment,
  ])
}

/** A data descriptor. */
export function descriptor(
  head: { crc: number; packed: number; size: number },
  { signed = true, wide = false } = {},
): Buffer {
  const size = wide ? 8 : 4
  return Buffer.concat([
    signed ? bytes([4, 0x08074b50]) : Buffer.alloc(0),
    bytes([4, head.crc], [size, head.packed], [size, head.size]),
  ])
}

/** An extra field. */
export function extra(id: number, data: Buffer): Buffer {
  return Buffer.concat([bytes([2, id], [2, data.length]), data])
}

/** The zip64 extra field of these values. */
export function zip64Extra(...values: number[]): Buffer {
  return extra(1, bytes(...values.map(value => [8, value] as [8, number])))
}

/** A Unicode path extra field. */
export function unicodePath(path: string, madeFor: string | Buffer, version = 1): Buffer {
  return extra(0x7075, Buffer.concat([Buffer.of(version), bytes([4, crc32(madeFor)]), Buffer.from(path)]))
}

function ends(entries: number, start: number, length: number, frame: Frame): Buffer {
  const { disk = 0, zip64, comment = Buffer.alloc(0), behind = Buffer.alloc(0) } = frame
  const count = frame.count ?? entries
  const classic = bytes([4, 0x06054b50], [2, disk], [2, disk], [2, count], [2, count], [4, length], [4, start])
  const pieces = [classic, bytes([2, comment.length]), comment, behind]
  if (zip64 !== undefined) {
    const { count: wide = entries, size = 44, signature = 0x06064b50, disks = 1 } = zip64
    pieces.unshift(
      bytes([4, signature], [8, size], [2, 45], [2, 45], [4, 0], [4, 0], [8, wide], [8, wide], [8, length]),
      bytes([8, zip64.start ?? start], [4, 0x07064b50], [4, 0], [8, zip64.at ?? start + length], [4, disks]),
    )
  }
  return Buffer.concat(pieces)
}

/** An entry as it was read. */
export interface ReadEntry {
  name: string
  kind: string
  executable: boolean
  target?: string
  content: Buffer
}

/** Writes bytes to a file of their own, removed when the test ends. */
export function zipFile(data: Uint8Array): string {
  const path = join(scratchFolder(), 'archive.zip')
  writeFileSync(path, data)
  return path
}

/** Reads an archive wholly. */
export async function readAll(path: string, limits: Partial<ExtractLimits> = {}): Promise<ReadEntry[]> {
  const entries: ReadEntry[] = []
  for await (const { name, kind, executable, target, body } of readZip(path, { ...LIMITS, ...limits })) {
    const chunks: Uint8Array[] = []
    for await (const chunk of body) {
      if (chunk.length === 0) throw new Error('an empty chunk')
      chunks.push(Uint8Array.from(chunk))
    }
    entries.push({ name, kind, executable, ...(target !== undefined && { target }), content: Buffer.concat(chunks) })
  }
  return entries
}

/** The same of bytes. */
export async function readBytes(data: Uint8Array, limits: Partial<ExtractLimits> = {}): Promise<ReadEntry[]> {
  return readAll(zipFile(data), limits)
}

/** A file to be packed, from memory. */
export function fileOf(path: string, content: Uint8Array | string, executable = false): PackFile {
  const data = Buffer.from(content)
  return {
    kind: 'file',
    path,
    size: data.length,
    executable,
    open: async () => ({ ...sourceOf(data), close: async () => undefined }),
  }
}

/** Packs into memory. */
export async function written(entries: readonly PackEntry[], options: Partial<ZipOptions> = {}): Promise<Buffer> {
  const out = collector()
  await writeZip(entries, out, { mtime: 315532800, level: 'fast', ...options })
  return out.bytes()
}
