import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { foldedName } from '../../src/archive/entry-path.js'
import { ARCHIVE_FORMATS, extract, pack } from '../../src/archive/index.js'
import { nameProblem, PATH_LIMITS } from '../../src/core/file-name.js'
import { scratchFolder } from '../support/home.js'
import { treeOf } from '../support/tree.js'

/** Something of a tree, and in which folder: a number that chooses among those there are. */
interface Thing {
  name: string
  above: number
  kind: 'dir' | 'file' | 'exec' | 'link'
  size: number
  seed: number
}

/** Names of all kinds: plain, from all of Unicode, long, odd; what no archive may hold is left out. */
const name = fc
  .oneof(
    fc.stringMatching(/^[a-z0-9._-]{1,12}$/),
    fc.string({ minLength: 1, maxLength: 8, unit: 'grapheme' }),
    fc.string({ minLength: 1, maxLength: 4, unit: 'binary' }),
    fc.constantFrom(
      ' ',
      '-rf',
      '...',
      'a b',
      '~',
      '"',
      "'",
      '$HOME',
      '%',
      '#',
      'x'.repeat(PATH_LIMITS.part),
      '模型'.repeat(40),
    ),
  )
  .filter(text => !text.includes('/') && nameProblem(text) === undefined)

const thing: fc.Arbitrary<Thing> = fc.record({
  name,
  above: fc.nat(20),
  kind: fc.constantFrom('dir', 'file', 'file', 'exec', 'link'),
  size: fc.oneof(fc.constantFrom(0, 1, 511, 512, 513, 65_536, 131_073), fc.nat(3000)),
  seed: fc.nat(255),
})

/** Makes the tree; what finds its place taken (on some disk, even) is left out. */
function make(root: string, things: readonly Thing[]): number {
  const folders = ['']
  const files: string[] = []
  const taken = new Set<string>()
  for (const { name, above, kind, size, seed } of things) {
    const parent = folders[above % folders.length] ?? ''
    const path = posix.join(parent, name)
    const key = path.split('/').map(foldedName).join('/')
    if (taken.has(key) || nameProblem(path) !== undefined) continue
    const target = files[seed % Math.max(1, files.length)]
    if (kind === 'link' && target === undefined) continue
    taken.add(key)
    const full = join(root, path)
    if (kind === 'dir') {
      mkdirSync(full)
      folders.push(path)
    } else if (kind === 'link') {
      symlinkSync(posix.relative(dirname(path), target ?? ''), full)
    } else {
      writeFileSync(full, Buffer.alloc(size, seed))
      chmodSync(full, kind === 'exec' ? 0o755 : 0o644)
      files.push(path)
    }
  }
  return taken.size
}

test.each(ARCHIVE_FORMATS)('any tree comes back as it was, and packs the same twice: %s', async format => {
  const scratch = scratchFolder()
  const runs = format === 'bz2' ? 10 : 25
  await fc.assert(
    fc.asyncProperty(fc.array(thing, { minLength: 1, maxLength: 25 }), async things => {
      const dir = mkdtempSync(join(scratch, 'run-'))
      const source = join(dir, 'source')
      mkdirSync(source)
      const count = make(source, things)
      if (count === 0) return
      const report = await pack(source, join(dir, 'archive'), { format })
      expect(report.entries).toBe(count)
      const { entries } = await extract(join(dir, 'archive'), join(dir, 'back'))
      expect(entries).toBe(count)
      expect(treeOf(join(dir, 'back'))).toEqual(treeOf(source))
      // From what came back, the very same archive.
      await pack(join(dir, 'back'), join(dir, 'again'), { format })
      const bytes = (name: string) => (format === 'folder' ? treeOf(join(dir, name)) : readFileSync(join(dir, name)))
      expect(bytes('again')).toEqual(bytes('archive'))
      rmSync(dir, { recursive: true })
    }),
    { numRuns: runs },
  )
})
