import fc from 'fast-check'
import { Parser, type ReadEntry } from 'tar'
import { expect, it } from 'vitest'
import type { PackEntry } from '../../src/archive/entries.js'
import { isBentoError } from '../../src/core/errors.js'
import { compareText } from '../../src/core/tag.js'
import { numbers } from '../support/archive-data.js'
import { GNU, globalPax, long, pax, readAll, tar, written } from './tar-parts.js'
import { fileOf } from './zip-parts.js'

/** What is to be found of an entry. */
interface Expected {
  name: string
  kind: string
  content: string
  executable: boolean
  target?: string
}

const random = numbers(5)
const noise = Buffer.from(Uint8Array.from({ length: 70_000 }, () => random() * 256))

const part = fc
  .oneof(
    { weight: 4, arbitrary: fc.string({ minLength: 1, maxLength: 9, unit: 'grapheme' }) },
    { weight: 2, arbitrary: fc.integer({ min: 90, max: 260 }).map(length => 'n'.repeat(length)) },
  )
  .filter(name => !/[/\\\0]|^\.+$/.test(name))
const length = fc.oneof(fc.nat(3000), fc.constantFrom(0, 1, 511, 512, 513, 65_536, 70_000))
const thing = fc.oneof(
  { weight: 5, arbitrary: fc.tuple(fc.constant('file' as const), length, fc.boolean()) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('dir' as const)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('link' as const), part) },
)
const tree = fc.uniqueArray(fc.tuple(fc.array(part, { minLength: 1, maxLength: 4 }), thing), {
  maxLength: 10,
  selector: ([parts]) => parts.join('/'),
})

/** Entries, and what is to be found of them. */
function plan(generated: ReturnType<typeof tree.generate>['value']): { entries: PackEntry[]; expected: Expected[] } {
  const sorted = generated.map(([parts, made]) => ({ path: parts.join('/'), made }))
  sorted.sort((a, b) => compareText(a.path, b.path))
  const entries: PackEntry[] = []
  const expected: Expected[] = [{ name: './', kind: 'dir', content: '', executable: true }]
  for (const { path, made } of sorted) {
    const name = `./${path}`
    if (made[0] === 'file') {
      const content = noise.subarray(0, made[1])
      entries.push(fileOf(path, content, made[2]))
      expected.push({ name, kind: 'file', content: content.toString('latin1'), executable: made[2] })
    } else if (made[0] === 'dir') {
      entries.push({ kind: 'dir', path })
      expected.push({ name: `${name}/`, kind: 'dir', content: '', executable: true })
    } else {
      entries.push({ kind: 'link', path, target: made[1] })
      expected.push({ name, kind: 'link', content: '', executable: true, target: made[1] })
    }
  }
  return { entries, expected }
}

const KINDS: Partial<Record<ReadEntry['type'], string>> = { File: 'file', Directory: 'dir', SymbolicLink: 'link' }

/** What node-tar finds. */
async function readByNodeTar(archive: Buffer): Promise<Expected[]> {
  const found: Promise<Expected>[] = []
  const parser = new Parser({
    strict: true,
    onReadEntry: entry => {
      const { path: name, type, mode = 0, linkpath } = entry
      const rest = { name, kind: KINDS[type] ?? type, executable: (mode & 0o100) !== 0 }
      const target = type === 'SymbolicLink' ? { target: linkpath ?? '' } : {}
      found.push(entry.concat().then(bytes => ({ ...rest, ...target, content: bytes.toString('latin1') })))
    },
  })
  await new Promise<void>((resolve, reject) => {
    parser.on('end', resolve)
    parser.on('error', reject)
    parser.end(archive)
  })
  return Promise.all(found)
}

it('what is written is read as it was, by us and by node-tar', async () => {
  const portion = fc.constantFrom(1, 511, 512, 513, 4096, 65_536, 1 << 20)
  await fc.assert(
    fc.asyncProperty(tree, portion, portion, async (generated, packing, reading) => {
      const { entries, expected } = plan(generated)
      const archive = await written(entries, Math.max(packing, archiveTooLarge(entries) ? 511 : 1))
      const found = await readAll(archive, Math.max(reading, archiveTooLarge(entries) ? 511 : 1))
      expect(found.map(({ index, size, ...entry }) => entry)).toEqual(expected)
      expect(found.map(({ index }) => index)).toEqual(found.map((_, index) => index))
      expect(await readByNodeTar(archive)).toEqual(expected)
    }),
    { numRuns: 150 },
  )
})

/** Byte by byte only what ends soon. */
function archiveTooLarge(entries: readonly PackEntry[]): boolean {
  return entries.some(entry => entry.kind === 'file' && entry.size > 10_000)
}

it('a good archive with one byte changed is read or refused, and nothing else', { timeout: 120_000 }, async () => {
  const archives = [
    await written([
      { kind: 'dir', path: 'd' },
      fileOf('d/a', 'x'.repeat(700), true),
      fileOf('d/é', 'y'),
      { kind: 'link', path: 'l', target: 'd/a' },
      fileOf(`${'n/'.repeat(99)}n`, ''),
    ]),
    tar([
      globalPax(['comment', 'x']),
      long('K', 'k'.repeat(120)),
      long('L', 'l'.repeat(120)),
      { type: '2', magic: GNU },
      pax(['path', 'p'], ['size', '9'], ['SCHILY.xattr.x', '\0']),
      { content: 'some text' },
      { type: '1', link: 'p' },
    ]),
  ]
  let read = 0
  let refused = 0
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...archives),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      fc.boolean(),
      async (archive, where, change, summed) => {
        const at = where % (archive.length - 1024)
        const changed = Buffer.from(archive)
        changed[at] = (changed[at] as number) ^ change
        // Else hardly a change gets past the checksum.
        if (summed) sumAgain(changed, at - (at % 512))
        try {
          await readAll(changed)
          read += 1
        } catch (error) {
          if (!isBentoError(error, 'ARCHIVE_INVALID', 'ENTRY_NAME', 'ENTRY_KIND', 'LIMIT_EXCEEDED')) throw error
          refused += 1
        }
      },
    ),
    { numRuns: 5000 },
  )
  expect(Math.min(read, refused)).toBeGreaterThan(500)
})

/** Gives a block that is a header the checksum of what it has become. */
function sumAgain(archive: Buffer, at: number): void {
  if (archive.toString('latin1', at + 257, at + 262) !== 'ustar') return
  archive.fill(' ', at + 148, at + 156)
  const sum = archive.subarray(at, at + 512).reduce((sum, byte) => sum + byte, 0)
  archive.write(`${sum.toString(8).padStart(6, '0')}\0 `, at + 148, 'latin1')
}
