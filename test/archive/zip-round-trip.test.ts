import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type Entry, openPromise } from 'yauzl'
import type { PackEntry } from '../../src/archive/entries.js'
import type { PackLevel } from '../../src/archive/types.js'
import { numbers, sentences } from '../support/archive-data.js'
import { fileOf, type ReadEntry, readAll, written, zip, zipFile } from './zip-parts.js'

const MIB = 1024 * 1024
const random = numbers(3)
const noise = Buffer.from(Uint8Array.from({ length: 2 * MIB + 9 }, () => random() * 256))
const text = Buffer.from(sentences(2 * MIB + 9, 4))

/** What is to be found of an entry. */
type Expected = Omit<ReadEntry, 'executable'> & { executable?: boolean }

const part = fc.string({ minLength: 1, maxLength: 8, unit: 'grapheme' }).filter(name => !/[/\\\0]|^\.+$/.test(name))
const length = fc.oneof(
  { weight: 4, arbitrary: fc.nat(70_000) },
  { weight: 1, arbitrary: fc.constantFrom(0, 65_536, 65_537, MIB, MIB + 1, 2 * MIB + 9) },
)
const content = fc.tuple(fc.constantFrom(noise, text), length).map(([data, bytes]) => data.subarray(0, bytes))
const entry = fc.oneof(
  { weight: 5, arbitrary: fc.tuple(fc.constant('file' as const), content, fc.boolean()) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('dir' as const)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('link' as const), part) },
)
const tree = fc.uniqueArray(fc.tuple(fc.array(part, { minLength: 1, maxLength: 4 }), entry), {
  minLength: 1,
  maxLength: 8,
  selector: ([parts]) => parts.join('/'),
})
const level = fc.constantFrom<PackLevel[]>('fast', 'fast', 'small', 0, 1, 6)

/** Entries, and what is to be found of them. */
function plan(generated: ReturnType<typeof tree.generate>['value']): { entries: PackEntry[]; expected: Expected[] } {
  const entries: PackEntry[] = []
  const expected: Expected[] = []
  for (const [parts, made] of generated) {
    const path = parts.join('/')
    const empty = Buffer.alloc(0)
    if (made[0] === 'file') {
      entries.push(fileOf(path, made[1], made[2]))
      expected.push({ name: path, kind: 'file', executable: made[2], content: Buffer.from(made[1]) })
    } else if (made[0] === 'dir') {
      entries.push({ kind: 'dir', path })
      expected.push({ name: `${path}/`, kind: 'dir', executable: false, content: empty })
    } else {
      entries.push({ kind: 'link', path, target: made[1] })
      expected.push({ name: path, kind: 'link', executable: false, target: made[1], content: empty })
    }
  }
  return { entries, expected }
}

/** With the content's digest in its place, which is compared sooner. */
function summed(entries: Expected[]): object[] {
  return entries.map(entry => ({ ...entry, content: createHash('sha256').update(entry.content).digest('hex') }))
}

/** What yauzl, left to itself, finds. */
async function readByYauzl(path: string): Promise<Expected[]> {
  const archive = await openPromise(path, { strictFileNames: true, autoClose: false })
  const found: Expected[] = []
  try {
    for await (const entry of archive.eachEntry() as AsyncIterable<Entry>) {
      const mode = entry.externalFileAttributes >>> 16
      const chunks: Buffer[] = []
      for await (const chunk of await archive.openReadStreamPromise(entry)) chunks.push(chunk)
      const bytes = Buffer.concat(chunks)
      const rest = { name: entry.fileName, executable: mode === 0o100755 }
      if (mode === 0o120777) found.push({ ...rest, kind: 'link', target: bytes.toString(), content: Buffer.alloc(0) })
      else found.push({ ...rest, kind: mode === 0o40755 ? 'dir' : 'file', content: bytes })
    }
  } finally {
    archive.close()
  }
  return found
}

it('what is written is read as it was, by us and by yauzl, and twice the same', async () => {
  await fc.assert(
    fc.asyncProperty(tree, level, async (generated, level) => {
      const { entries, expected } = plan(generated)
      const archive = await written(entries, { level })
      expect((await written(entries, { level })).equals(archive)).toBe(true)
      const path = zipFile(archive)
      expect(summed(await readAll(path))).toEqual(summed(expected))
      expect(summed(await readByYauzl(path))).toEqual(summed(expected))
    }),
    { numRuns: 50 },
  )
})

it('no change of a few bytes makes it read as something else, hang or break', async () => {
  const seed = Number(process.env.BENTO_FUZZ_SEED ?? Date.now() % 2 ** 31)
  console.log(`seed of the changed zip archives: ${seed} (BENTO_FUZZ_SEED)`)
  const next = numbers(seed)
  const pick = (below: number) => Math.floor(next() * below)
  const good = [
    await written([
      { kind: 'dir', path: 'd' },
      fileOf('d/é', text.subarray(0, 500), true),
      fileOf('d/n', noise.subarray(0, 90)),
      { kind: 'link', path: 'l', target: 'd/n' },
    ]),
    zip([{ name: 'a', content: text.subarray(0, 90), method: 8, flags: 8 }], { zip64: {}, comment: Buffer.from('c') }),
    await written([fileOf('large', Buffer.concat([text.subarray(0, MIB), noise.subarray(0, 3000)]))]),
  ]
  const path = zipFile(Buffer.alloc(0))
  const said = (entries: ReadEntry[]) =>
    entries.map(({ content, target }) =>
      createHash('sha256')
        .update(target ?? content)
        .digest('hex'),
    )
  const counts = { read: 0, refused: 0 }
  for (const archive of good) {
    writeFileSync(path, archive)
    const right = said(await readAll(path))
    for (let round = 0; round < (archive.length > MIB / 8 ? 100 : 1500); round++) {
      const changed = Buffer.from(archive)
      // Half of them in the records at the end, where most is to be broken.
      const place = () =>
        next() < 0.5 ? pick(changed.length) : changed.length - 1 - pick(Math.min(300, changed.length))
      const at = place()
      for (let count = pick(3); count >= 0; count--) changed[Math.min(at + count, changed.length - 1)] = pick(256)
      const kept = next() < 0.1 ? changed.subarray(0, pick(changed.length)) : changed
      writeFileSync(path, kept)
      try {
        expect(said(await readAll(path))).toEqual(right)
        counts.read++
      } catch (error) {
        expect(error).toMatchObject({ name: 'BentoError' })
        counts.refused++
      }
    }
  }
  expect(counts.refused).toBeGreaterThan(1000)
  expect(counts.read).toBeGreaterThan(100)
})
