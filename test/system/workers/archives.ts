import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Bento } from '../../../src/store/index.js'
import { BentoStore, ModelStore } from '../../../src/transfer/index.js'
import { numbers } from '../../support/archive-data.js'
import { treeOf } from '../../support/tree.js'
import type { ItemSpec } from './fleet.js'
import { contentOf } from './store-content.js'

/** Formats of a model's archive. */
export const FORMATS = ['bentomodel', 'xz', 'gz', 'bz2', 'tar', 'zip', 'folder'] as const
export type Format = (typeof FORMATS)[number]

/** Formats that differ in how they are written and read: the first two are one. */
export const CODECS = FORMATS.slice(1)

/** Saves a model that `checkStore` can judge, as the workers do. */
export async function saveSpec(home: string, tag: string, { id, files, bytes }: ItemSpec): Promise<void> {
  const labels = { id, files: String(files), bytes: String(bytes) }
  await new ModelStore(home).create(tag, { labels }, dir => {
    for (let index = 0; index < files; index++) {
      const folder = join(dir, `part-${index % 5}`)
      mkdirSync(folder, { recursive: true })
      writeFileSync(join(folder, `${index}.bin`), contentOf(id, index, bytes))
    }
  })
}

/** Saves a bento with a few files, which uses models that the store holds. */
export function saveBento(home: string, tag: string, models: string[]): Promise<Bento> {
  return new BentoStore(home).create(tag, { models }, dir => {
    mkdirSync(join(dir, 'src'))
    for (let index = 0; index < 20; index++) writeFileSync(join(dir, 'src', `${index}.js`), contentOf(tag, index, 2000))
  })
}

/** Bytes that no compressor shrinks, the same for the same seed. */
export function noise(bytes: number, seed = 1): Buffer {
  const next = numbers(seed)
  const words = new Uint32Array(Math.ceil(bytes / 4))
  for (let index = 0; index < words.length; index++) words[index] = next() * 2 ** 32
  return Buffer.from(words.buffer, 0, bytes)
}

/** Every bento of a home is whole: `expected` has the tree of each by its tag. @returns their tags */
export async function checkBentos(home: string, expected: ReadonlyMap<string, string[]>): Promise<string[]> {
  const problems: unknown[] = []
  const bentos = await new BentoStore(home).list(undefined, { onProblem: problem => problems.push(problem) })
  if (problems.length > 0) throw new Error(JSON.stringify(problems))
  for (const { tag, path } of bentos) {
    const [is, should] = [treeOf(path), expected.get(String(tag)) ?? []].map(lines => lines.join('\n'))
    if (is !== should) throw new Error(`${path} is not what was imported:\n${is}\n${should}`)
  }
  return bentos.map(bento => String(bento.tag))
}
