import { describe, expect, it } from 'vitest'
import { readTar } from '../../src/archive/tar/read.js'
import type { ErrorCode } from '../../src/core/errors.js'
import { inputOf } from '../support/archive-data.js'
import { base256, END, GNU, globalPax, long, octal, type Part, pax, readAll, record, tar, V7 } from './tar-parts.js'

const a: Part = { name: 'a', content: 'some content' }

type Row = [title: string, parts: Part[], message: RegExp]

/** Whatever the portions in which it comes, and both when contents are read and when they are passed over. */
async function refused(archive: Buffer, code: ErrorCode, message: RegExp): Promise<void> {
  for (const portion of [1000, 100_000]) {
    await expect(readAll(archive, portion)).rejects.toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    )
  }
  const passOver = async () => {
    for await (const _ of readTar(inputOf(archive).chunks(), { header: 2 ** 20 }));
  }
  await expect(passOver()).rejects.toThrow(expect.objectContaining({ code }))
}

describe('what is no tar archive is refused:', () => {
  it.each([
    ['nothing', Buffer.alloc(0), /^This is no tar archive: it has 0 bytes\./],
    ['less than a block', Buffer.alloc(100, 'x'), /^This is no tar archive: it has 100 bytes\./],
    ['text', Buffer.alloc(5000, 'some text '), /^This is no tar archive\./],
  ])('%s', (_, archive, message) => refused(archive, 'ARCHIVE_INVALID', message))
})

describe('a header is refused that has', () => {
  it.each<Row>([
    [
      'a wrong checksum',
      [a, { ...a, checksum: '000000\0 ' }],
      /^The header of entry 1 .* byte 1024, has a wrong checksum/,
    ],
    ['a wrong checksum, first of all', [{ ...a, checksum: '000000\0 ' }], /wrong checksum/],
    ['no checksum', [a, { ...a, checksum: '\0'.repeat(8) }], /wrong checksum/],
    ['a checksum of signed bytes', [{ ...a, name: Buffer.from('é'), signed: true }], /wrong checksum/],
    ['an unknown magic', [{ ...a, magic: 'USTAR\x0000' }], /no known kind of tar/],
    ['half a magic', [{ ...a, magic: 'ustarx00' }], /no known kind of tar/],
    ['a mode that is no number', [{ ...a, mode: '0rwxrwx\0' }], /a mode that is no number/],
    ['a size that is no number', [{ ...a, size: '0000000001x\0' }], /a size that is no number/],
    ['a decimal size', [{ ...a, size: '00000000019\0' }], /a size that is no number/],
    ['a hexadecimal size', [{ ...a, size: '0x000000001\0' }], /a size that is no number/],
    ['a negative octal size', [{ ...a, size: '-0000000001\0' }], /a size that is no number/],
    ['a size behind a NUL', [{ ...a, size: '\0\0\0\0\0\0\x000014\0' }], /a size that is no number/],
    ['two sizes in one field', [{ ...a, size: '14 14      \0' }], /a size that is no number/],
    ['a negative binary size', [{ ...a, size: base256(-1n) }], /a size that is no number/],
    ['another negative binary size', [{ ...a, size: base256(-512n) }], /a size that is no number/],
    ['a size of 2^53', [{ ...a, size: base256(2n ** 53n) }], /a size that is no number/],
    ['a size of 2^90', [{ ...a, size: base256(2n ** 80n) }], /a size that is no number/],
    ['a negative size that is not its own', [{ type: 'V', size: base256(-1n) }, a], /a size that is no number/],
    ['a prefix before there were any', [{ ...a, magic: V7, prefix: 'd' }], /older than those/],
    ['a link with content', [{ type: '2', link: 'x', content: 'y' }], /^Entry 0 .*"f", is a link with content/],
    ['a hard link with content', [a, { type: '1', link: 'a', content: 'y' }], /^Entry 1 .*is a link with content/],
    ['a folder by its slash, with content', [{ name: 'd/', content: 'x' }], /named like a folder/],
    ['a contiguous folder by its slash', [{ name: 'd/', type: '7', content: 'x' }], /named like a folder/],
    ['such a folder by a long name', [long('L', 'd/'), { ...a, type: '\0' }], /named like a folder/],
    ['a folder by one name only', [long('L', 'd'), { ...a, name: 'd/', type: '\0' }], /a folder by one of its names/],
  ])('%s', (_, parts, message) => refused(tar(parts), 'ARCHIVE_INVALID', message))

  it.each<Row>([
    ['text behind the NUL of its name', [{ name: 'a\0b' }], /^The header of entry 0 .* more text behind its end/],
    ['text at the very end of its name', [{ name: `a${'\0'.repeat(98)}b` }], /more text behind its end/],
    ['text behind the NUL of its prefix', [{ prefix: 'd\0e' }], /more text behind its end/],
    ['text behind the NUL of its link target', [{ type: '2', link: 'x\0y' }], /a link target with more text/],
    ['a name that is not UTF-8', [{ name: 'caf\xe9\n\\' }], /has a name that is not UTF-8: "caf\\xe9\\x0a\\x5c"/],
    ['a prefix that is not UTF-8', [{ prefix: '\xff' }], /has a name that is not UTF-8: "\\xff"/],
    ['a link target that is not UTF-8', [{ type: '2', link: '\xff' }], /has a link target that is not UTF-8/],
  ])('%s', (_, parts, message) => refused(tar(parts), 'ENTRY_NAME', message))

  it.each<Row>([
    ['3', [{ type: '3' }], /is a character device\./],
    ['4', [{ type: '4' }], /is a block device\./],
    ['6', [a, { name: 'p', type: '6' }], /^Entry 1 of the tar archive, "p", is a FIFO\./],
    ['A', [{ type: 'A' }], /access control list/],
    ['D', [{ type: 'D' }], /incremental backup/],
    ['M', [{ type: 'M' }], /split between volumes/],
    ['N', [{ type: 'N' }], /long name of an old kind/],
    ['S', [{ type: 'S' }], /is a sparse file/],
    ['X', [{ type: 'X', content: record('path', 'x') }, a], /extension header of an old kind/],
    ['Z', [{ type: 'Z' }], /unknown type "Z"/],
    ['8', [{ type: '8' }], /unknown type "8"/],
    ['of an escape character', [{ type: '\x1b' }], /unknown type 0x1b/],
  ])('the type %s', (_, parts, message) => refused(tar(parts), 'ENTRY_KIND', message))
})

describe('an extension is refused that', () => {
  it.each<Row>([
    ['has an empty record', [pax(Buffer.from('0 a=b\n')), a], /record without its length/],
    ['has no length', [pax(Buffer.from('path=x\n')), a], /record without its length/],
    ['has a negative length', [pax(Buffer.from('-9 path=x\n')), a], /record without its length/],
    ['has a signed length', [pax(Buffer.from('+9 path=x\n')), a], /record without its length/],
    ['has a length with a zero before it', [pax(Buffer.from('010 path=x\n')), a], /record without its length/],
    ['has a length that no number holds', [pax(Buffer.from(`${'9'.repeat(40)} a=b\n`)), a], /without its length/],
    ['is longer than what is there', [pax(Buffer.from('11 path=x\n')), a], /longer than what is there/],
    ['is shorter than it is', [pax(Buffer.from('8 path=x\n')), a], /does not end where it says/],
    ['is shorter than its length', [pax(Buffer.from('1 path=x\n')), a], /does not end where it says/],
    ['is nothing but its length', [pax(Buffer.from('3 \n')), a], /without a key/],
    ['has no newline', [pax(Buffer.from('9 path=xy')), a], /does not end where it says/],
    ['has no =', [pax(Buffer.from('9 path:x\n')), a], /without a key/],
    ['has no key', [pax(Buffer.from('5 =x\n')), a], /without a key/],
    ['has a NUL in its key', [pax(['pa\0th', 'x']), a], /NUL in its key/],
    ['has NULs behind its records', [pax(record('a', 'b'), Buffer.alloc(9)), a], /record without its length/],
    ['has the path twice', [pax(['path', 'x'], ['path', 'x']), a], /"path", twice/],
    ['has an empty path', [pax(['path', '']), a], /"path" without a value/],
    ['has an empty size', [pax(['size', '']), a], /"size" without a value/],
    ['has a size that is no number', [pax(['size', '1e1']), a], /"size", that is no number/],
    ['has a negative size', [pax(['size', '-1']), a], /"size", that is no number/],
    ['has a hexadecimal size', [pax(['size', '0xc']), a], /"size", that is no number/],
    ['has a size of 2^53', [pax(['size', String(2 ** 53)]), a], /"size", that is no number/],
    ['has another size', [pax(['size', '11']), a], /two sizes: 12 and, in a pax record, 11/],
    ['has a size where the header has none', [pax(['size', '512']), { ...a, size: octal(0) }], /two sizes/],
    ['has a size for another extension', [pax(['size', '99']), long('L', 'x'), a], /a second time/],
    ['sets the path of all', [globalPax(['path', 'x']), a], /sets "path" for all/],
    ['sets the link target of all', [globalPax(['linkpath', 'x']), a], /sets "linkpath" for all/],
    ['sets the size of all', [globalPax(['size', '12']), a], /sets "size" for all/],
    ['is global and malformed', [globalPax(Buffer.from('3 a\n')), a], /has a pax record/],
    ['comes twice', [pax(['path', 'x']), pax(['path', 'x']), a], /a second time/],
    ['comes twice, empty', [pax(), pax(), a], /a second time/],
    ['comes twice as a long name', [long('L', 'x'), long('L', 'x'), a], /a second time/],
    ['comes twice as a long link', [long('K', 'x'), long('K', 'x'), { type: '2' }], /a second time/],
    ['is of both kinds', [pax(['path', 'x']), long('L', 'y'), a], /a second time/],
    ['is of both kinds, the other way', [long('K', 'y'), pax(['path', 'x']), a], /a second time/],
    ['has a global one behind it', [pax(['path', 'x']), globalPax(['comment', 'x']), a], /a second time/],
    ['extends the name of the archive', [pax(['path', 'x']), { type: 'V' }, a], /a second time|an extension/],
    ['extends nothing', [a, pax(['path', 'x'])], /ends after an extension header/],
    ['extends nothing, as a long name', [a, long('L', 'x')], /ends after an extension header/],
  ])('%s', (_, parts, message) => refused(tar(parts), 'ARCHIVE_INVALID', message))

  it.each<Row>([
    ['has a NUL in a path', [pax(['path', 'a\0b']), a], /a name with a NUL/],
    ['has a NUL behind a path', [pax(['path', 'a\0']), a], /a name with a NUL/],
    ['has a NUL in a link target', [pax(['linkpath', 'a\0b']), { type: '2' }], /a link target with a NUL/],
    ['has a path that is not UTF-8', [pax(['path', Buffer.from([0xff])]), a], /not UTF-8: "\\xff"/],
    ['says that names are bytes', [pax(['hdrcharset', 'BINARY'], ['path', Buffer.from([0xff])]), a], /not UTF-8/],
    ['has text behind the NUL of a long name', [long('L', 'a\0b'), a], /a name with more text/],
    ['has text behind the NUL of a long link', [long('K', 'a\0b'), { type: '2' }], /a link target with more text/],
    ['has a long name that is not UTF-8', [{ ...long('L', ''), content: Buffer.from([0xff, 0]) }, a], /not UTF-8/],
  ])('%s', (_, parts, message) => refused(tar(parts), 'ENTRY_NAME', message))

  it.each<Row>([
    ['GNU.sparse.major', [pax(['GNU.sparse.major', '1']), a], /is a sparse file \(pax record "GNU.sparse.major"\)/],
    ['GNU.sparse.map', [pax(['GNU.sparse.map', '0,1']), a], /sparse/],
    ['GNU.sparse.name for all', [globalPax(['GNU.sparse.name', 'x']), a], /sparse/],
    ['SCHILY.realsize', [pax(['SCHILY.realsize', '9']), a], /sparse/],
    ['SUN.holesdata', [pax(['SUN.holesdata', ' 0 9']), a], /sparse/],
    ['GNU.volume.offset', [pax(['GNU.volume.offset', '9']), a], /split between volumes/],
    ['GNU.dumpdir', [pax(['GNU.dumpdir', 'x']), { type: '5' }], /incremental backup/],
  ])('has the record %s', (_, parts, message) => refused(tar(parts), 'ENTRY_KIND', message))

  it.each<[title: string, part: Part]>([
    ['of pax', { type: 'x', size: 2 ** 20 + 1 }],
    ['of pax, for all', { type: 'g', size: 2 ** 40 }],
    ['of a long name', { type: 'L', size: base256(2n ** 52n), magic: GNU }],
    ['of a long link', { type: 'K', size: 2 ** 20 + 1, magic: GNU }],
  ])('is longer than the limit: %s', (_, part) =>
    refused(tar([a, part]), 'LIMIT_EXCEEDED', /^Entry 1 .*\(header: 1048576\)/),
  )

  it('is longer than another limit, not one that is as long', async () => {
    const archive = tar([pax(['path', 'x'.repeat(200)]), a])
    await expect(readAll(archive, 4096, 209)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
    expect(await readAll(archive, 4096, 210)).toHaveLength(1)
  })

  it('claims more than there is, without that much being made ready', async () => {
    const before = process.memoryUsage().arrayBuffers
    const archive = tar([{ type: 'x', size: 2 ** 40 }])
    await expect(readAll(archive, 4096, Number.POSITIVE_INFINITY)).rejects.toThrow(/is cut short/)
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 24)
  })

  it('is long, in whatever portions it comes', async () => {
    const path = 'x/'.repeat(400_000)
    for (const portion of [1, 4096, 10 ** 6]) {
      const [entry] = await readAll(tar([pax(['path', path]), { type: '5' }]), portion, Number.POSITIVE_INFINITY)
      expect(entry?.name === path).toBe(true)
    }
  })
})

describe('an end is refused that', () => {
  it.each<[title: string, archive: Buffer, message: RegExp]>([
    ['is missing', tar([a], ''), /^The tar archive ends without the zeros that mark its end/],
    ['is shorter than a block', tar([a], Buffer.alloc(511)), /ends within a header/],
    ['lies within a header', tar([a, a], '').subarray(0, 1100), /ends within a header/],
    ['lies within content', tar([a], '').subarray(0, 515), /^Entry 0 .*"a", is cut short/],
    ['lies before content', tar([a], '').subarray(0, 512), /^Entry 0 .*"a", is cut short/],
    ['lies within the padding of content', tar([a], '').subarray(0, 1000), /^Entry 0 .*"a", is cut short/],
    ['lies within an extension', tar([pax(['path', 'x'])], '').subarray(0, 515), /^The header of entry 0 .*cut short/],
    ['lies behind an extension', tar([pax(['path', 'x'])], ''), /ends without the zeros/],
    [
      'has an entry behind one block of zeros',
      Buffer.concat([tar([a], Buffer.alloc(512)), tar([a])]),
      /goes on behind/,
    ],
    ['has another archive behind it', Buffer.concat([tar([a]), tar([a])]), /goes on behind/],
    ['has one byte behind it', tar([a], Buffer.concat([END, Buffer.of(1)])), /goes on behind/],
    ['has one byte far behind it', tar([a], Buffer.concat([Buffer.alloc(300_000), Buffer.of(1)])), /goes on behind/],
    [
      'has no magic but zeros behind the first entry',
      Buffer.concat([tar([a], ''), tar([{ ...a, magic: V7, checksum: '0' }])]),
      /wrong checksum/,
    ],
  ])('%s', (_, archive, message) => refused(archive, 'ARCHIVE_INVALID', message))

  it('never comes', async () => {
    async function* endless() {
      yield tar([a])
      for (;;) yield new Uint8Array(2 ** 20)
    }
    const read = async () => {
      for await (const _ of readTar(endless(), { header: 2 ** 20 }));
    }
    await expect(read()).rejects.toThrow(expect.objectContaining({ code: 'ARCHIVE_INVALID' }))
  })
})

describe('a name is shown', () => {
  it('without what would steer a terminal, and short', async () => {
    const name = `\x1b[2J${'x'.repeat(5000)}`
    const read = readAll(tar([pax(['path', name]), { type: '6' }]))
    await expect(read).rejects.toThrow(/^Entry 0 of the tar archive, "\\u001b\[2Jx{195,196}…", is a FIFO\./)
    await expect(read).rejects.toMatchObject({ details: { entry: 0, name, offset: 5632 } })
  })
})
