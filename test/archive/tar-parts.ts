import type { PackEntry } from '../../src/archive/entries.js'
import { readTar } from '../../src/archive/tar/read.js'
import { type TarSource, tarSource } from '../../src/archive/tar/write.js'
import { inputOf } from '../support/archive-data.js'

/** A block of a tar archive, with content behind it. What isn't given is right; what is, is written as it is, however wrong. */
export interface Part {
  /** Bytes of the name field; text is Latin-1, so that any bytes can be given. @default 'f' */
  name?: string | Buffer
  prefix?: string
  /** @default '0' */
  type?: string
  /** Bytes of content as a number, or what the field holds. @default what there is of it */
  size?: number | string
  mode?: string
  link?: string
  /** @default ustar */
  magic?: string
  content?: string | Buffer
  /** What the checksum field holds. */
  checksum?: string
  /** Changes the header before it is summed. */
  change?: (header: Buffer) => void
  /** How the checksum counts bytes. */
  signed?: boolean
}

export const USTAR = 'ustar\x0000'
export const GNU = 'ustar  \0'
export const V7 = '\0'.repeat(8)

/** The end of an archive. */
export const END: Buffer = Buffer.alloc(1024)

/** An archive of these parts. @param end what comes behind them */
export function tar(parts: readonly Part[], end: Buffer | string = END): Buffer {
  return Buffer.concat([...parts.map(block), Buffer.from(end)])
}

function block(part: Part): Buffer {
  const content = Buffer.from(part.content ?? '')
  const header = Buffer.alloc(512)
  header.write('0000644\0', 100, 'latin1')
  const fields: [at: number, value: string | Buffer | undefined][] = [
    [0, part.name ?? 'f'],
    [100, part.mode],
    [124, typeof part.size === 'string' ? part.size : octal(part.size ?? content.length)],
    [136, octal(0)],
    [156, part.type ?? '0'],
    [157, part.link],
    [257, part.magic ?? USTAR],
    [345, part.prefix],
  ]
  for (const [at, value] of fields) {
    if (value !== undefined) header.set(typeof value === 'string' ? Buffer.from(value, 'latin1') : value, at)
  }
  part.change?.(header)
  const sum = header.reduce((sum, byte, at) => sum + counted(byte, at, part.signed === true), 0)
  header.write(part.checksum ?? `${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return Buffer.concat([header, content, Buffer.alloc((512 - (content.length % 512)) % 512)])
}

function counted(byte: number, at: number, signed: boolean): number {
  if (at >= 148 && at < 156) return 0x20
  return signed && byte > 127 ? byte - 256 : byte
}

export function octal(value: number): string {
  return `${value.toString(8).padStart(11, '0')}\0`
}

/** A number as GNU writes it that is too large for octal digits. */
export function base256(value: bigint, length = 12): string {
  const bytes = Buffer.alloc(length)
  let left = BigInt.asUintN(8 * length, value)
  for (let at = length - 1; at >= 0; at--) {
    bytes[at] = Number(left & 0xffn)
    left >>= 8n
  }
  if (value >= 0n) bytes[0] = 0x80
  return bytes.toString('latin1')
}

/** A pax record, of the right length. */
export function record(key: string, value: string | Buffer): Buffer {
  const rest = Buffer.concat([Buffer.from(` ${key}=`), Buffer.from(value), Buffer.from('\n')])
  let length = rest.length
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length
  return Buffer.concat([Buffer.from(String(length)), rest])
}

/** A pax header with these records. */
export function pax(...records: (Buffer | [key: string, value: string | Buffer])[]): Part {
  const content = Buffer.concat(records.map(each => (Array.isArray(each) ? record(...each) : each)))
  return { name: 'pax', type: 'x', content }
}

/** The same for all entries that follow. */
export function globalPax(...records: Parameters<typeof pax>): Part {
  return { ...pax(...records), type: 'g' }
}

/** GNU's long name (`L`) or long link (`K`). */
export function long(type: 'L' | 'K', text: string): Part {
  return { name: '././@LongLink', magic: GNU, type, content: `${text}\0` }
}

/** An entry, read whole. */
export interface ReadEntry {
  index: number
  name: string
  kind: string
  executable: boolean
  size?: number
  target?: string
  content: string
}

/** Reads an archive in portions of some bytes. Content comes as Latin-1. */
export async function readAll(bytes: Uint8Array, portion = 4096, header = 2 ** 20): Promise<ReadEntry[]> {
  const found: ReadEntry[] = []
  for await (const { body, ...entry } of readTar(inputOf(bytes, portion).chunks(), { header })) {
    const chunks: Buffer[] = []
    for await (const chunk of body) chunks.push(Buffer.from(chunk))
    found.push({ ...entry, content: Buffer.concat(chunks).toString('latin1') })
  }
  return found
}

/** All of an archive, read in portions of some bytes, whose buffer is dirty. */
export async function drained(source: TarSource, portion = 65_536): Promise<Buffer> {
  const pieces: Buffer[] = []
  const into = Buffer.alloc(portion)
  for (let count = 1; count > 0; ) {
    into.fill(0xaa)
    count = await source.read(into)
    pieces.push(Buffer.from(into.subarray(0, count)))
  }
  await source.close()
  return Buffer.concat(pieces)
}

/** Packs into memory. */
export function written(entries: readonly PackEntry[], portion?: number): Promise<Buffer> {
  return drained(tarSource(entries, { mtime: 315_532_800 }), portion)
}
