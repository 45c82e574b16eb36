import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { computeDigest } from '../../../src/store/digest.js'
import { ModelStore } from '../../../src/store/index.js'
import { contentOf } from './store-content.js'

/**
 * The invariants that hold after every fault (facts of the store's design): every listed item is whole and is what one
 * save wrote; nothing but complete items and `latest` lies under a name; `latest` names an item wherever there is one.
 *
 * @returns the tags in the store
 */
export async function checkStore(home: string): Promise<string[]> {
  const store = new ModelStore(home)
  const problems: unknown[] = []
  const items = await store.list(undefined, { onProblem: problem => problems.push(problem) })
  expect(problems).toEqual([])
  const tags = items.map(item => String(item.tag))
  for (const item of items) {
    const { id = '', files = '', bytes = '' } = item.labels
    const expected = new Set(['model.yaml'])
    for (let index = 0; index < Number(files); index++) {
      const path = join(`part-${index % 5}`, `${index}.bin`)
      expected.add(path)
      if (!readFileSync(join(item.path, path)).equals(contentOf(id, index, Number(bytes)))) {
        throw new Error(`${item.path}/${path} is not what was saved`)
      }
    }
    const present = readdirSync(item.path, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile())
    expect(present).toHaveLength(expected.size)
    expect((await computeDigest(item.path)).digest).toBe(item.info.digest)
  }
  for (const name of existsSync(store.root) ? readdirSync(store.root) : []) {
    const entries = readdirSync(join(store.root, name))
    const versions = entries.filter(entry => entry !== 'latest')
    expect(versions.map(version => `${name}:${version}`).sort()).toEqual(
      tags.filter(tag => tag.startsWith(`${name}:`)).sort(),
    )
    if (versions.length === 0) continue
    expect(versions).toContain((await store.get(name)).tag.version)
    // The file itself never dangles. It may lack where a first save died between becoming visible and writing it.
    if (entries.includes('latest')) expect(versions).toContain(readFileSync(join(store.root, name, 'latest'), 'utf8'))
  }
  return tags
}

/** What lies in the home's tmp. */
export function leftovers(home: string): string[] {
  const tmp = join(home, 'tmp')
  return existsSync(tmp) ? readdirSync(tmp) : []
}

/** Modes, sizes and times of everything in a folder that must not be touched. */
export function canary(dir: string): string[] {
  return readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .sort()
    .map(path => {
      const { mode, size, mtimeMs, ino } = lstatSync(join(dir, path))
      return [path, mode, size, mtimeMs, ino].join(' ')
    })
}
