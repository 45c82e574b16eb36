import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect } from 'vitest'
import type { ArchiveFormat } from '../../src/archive/types.js'
import type { Bento } from '../../src/store/bento.js'
import { BentoStore, type ModelStore } from '../../src/transfer/index.js'
import { scratchHome } from '../support/home.js'
import { treeOf } from '../support/tree.js'

/** What a model can be exported in; a bento with `bento` in place of `bentomodel`. */
export const FORMATS: readonly ArchiveFormat[] = ['bentomodel', 'xz', 'gz', 'bz2', 'tar', 'zip', 'folder']

/** The stores of a home. */
export interface World {
  home: string
  models: ModelStore
  bentos: BentoStore
}

export function world(home: string = scratchHome()): World {
  const bentos = new BentoStore(home)
  return { home, models: bentos.models, bentos }
}

/** Files, an executable, links, an empty file and folder, names in Unicode: what an archive must carry. */
export function writeOddTree(dir: string): void {
  const files = {
    'weights/a.bin': 'a'.repeat(70_000),
    'weights/empty.bin': '',
    'Ünï/模型 😀.txt': 'text',
    '.hidden': 'h',
  }
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true })
    writeFileSync(join(dir, path), content)
  }
  writeFileSync(join(dir, 'run.sh'), '#!/bin/sh\n')
  chmodSync(join(dir, 'run.sh'), 0o755)
  mkdirSync(join(dir, 'empty'))
  symlinkSync('weights/a.bin', join(dir, 'link.bin'))
  symlinkSync('../run.sh', join(dir, 'weights', 'up.sh'))
  symlinkSync('weights', join(dir, 'folder-link'))
}

/** Saves the model `odd:v1`. */
export async function oddModel({ models }: World): Promise<void> {
  const metadata = { accuracy: 0.9, when: '2024-01-01', deep: { list: [1, 'a', true] } }
  await models.create('odd:v1', { labels: { stage: 'dev', yes: 'no' }, metadata }, writeOddTree)
}

/** Saves the bento `svc:b1` with the models `odd:v1` and `other:v1`, `other:v2`. */
export async function oddBento(stores: World): Promise<Bento> {
  await oddModel(stores)
  for (const version of ['v2', 'v1']) {
    await stores.models.create(`other:${version}`, {}, dir => writeFileSync(join(dir, 'x'), version))
  }
  const models = ['other:v1', 'odd:v1', 'other:v2']
  return stores.bentos.create('svc:b1', { models, labels: { team: 'x' } }, writeOddTree)
}

/** Everything in a home, with modes and times: what an export must not touch. */
export function wholeHome({ home }: World): string[] {
  return treeOf(home, ({ mode, mtimeMs }) => ` ${mode.toString(8)} ${mtimeMs}`)
}

/** Everything in the two stores; `latest` files too. */
export function storesOf({ home }: World): string[] {
  return ['models', 'bentos'].filter(name => existsSync(join(home, name))).flatMap(name => treeOf(join(home, name)))
}

/** Runs what must fail, and holds that it left no trace: not in the stores, not in `tmp`, not where it should go. */
export async function refusal(stores: World, work: () => Promise<unknown>, target?: string): Promise<unknown> {
  const before = storesOf(stores)
  const targets = () => (target === undefined ? [] : readdirSync(target))
  const there = targets()
  const failure = await work().then(
    () => {
      throw new Error('it worked')
    },
    (error: unknown) => error,
  )
  expect(storesOf(stores)).toEqual(before)
  expect(targets()).toEqual(there)
  const tmp = join(stores.home, 'tmp')
  expect(existsSync(tmp) ? readdirSync(tmp) : []).toEqual([])
  return failure
}

/** Packs a folder with GNU tar, in the order that the names are given. */
export function tarOf(dir: string, archive: string, ...names: string[]): string {
  execFileSync('tar', ['-cf', archive, '-C', dir, ...(names.length > 0 ? names : ['.'])])
  return archive
}
