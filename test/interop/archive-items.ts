import { appendFileSync, chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { packageService } from '../../src/bento/package-service.js'
import type { Bento, Model } from '../../src/store/index.js'
import { BentoStore, ModelStore } from '../../src/transfer/index.js'
import { builtService, EMITTED, packageOptions } from '../bento/built-service.js'
import { gaussians, sentences } from '../support/archive-data.js'

/** Formats of an archive of each kind of item, as BentoML names them. */
export const FORMATS = {
  model: ['bentomodel', 'xz', 'gz', 'bz2', 'tar', 'zip', 'folder'],
  bento: ['bento', 'xz', 'gz', 'bz2', 'tar', 'zip', 'folder'],
} as const

export type Format = (typeof FORMATS)['model' | 'bento'][number]

/** Keys that neither side knows. */
export const UNKNOWN = "x_team:\n  owner: 'a: b'\n  sizes: [1, 2.5, '1e5']\nx_空: null\n"

/** Fields of a manifest with every kind of value that both sides keep. */
const RICH = {
  labels: { stage: 'prod', odd: '1e5', 空: 'é ü', yes: 'no', empty: '' },
  metadata: { accuracy: 0.97, rows: 150, tiny: -1.5e-9, classes: ['setosa', '1e5', 'null'], deep: { list: [[1], {}] } },
}

/** Files with all that can be odd about them, but for links. */
function fillRichly(dir: string): void {
  const files: Record<string, string | Uint8Array> = {
    'weights.bin': new Uint8Array(gaussians(300_000, 7).buffer),
    'vocab.txt': sentences(200_000, 8),
    'empty.bin': '',
    '.hidden': 'h',
    '-dash': 'd',
    'with space.txt': 's',
    'nested/deep/模型 ü.txt': 'composed',
    'nested/u\u0308.txt': 'decomposed',
    'bin/run.sh': '#!/bin/sh\n',
  }
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true })
    writeFileSync(join(dir, path), content)
  }
  chmodSync(join(dir, 'bin/run.sh'), 0o755)
  mkdirSync(join(dir, 'empty_dir'))
}

/** Adds links to what {@link fillRichly} made. */
function addLinks(dir: string): void {
  symlinkSync('vocab.txt', join(dir, 'link.txt'))
  symlinkSync('../vocab.txt', join(dir, 'nested', 'up.txt'))
}

/** Saves `rich:v1`, `linked:v1` (with links) and a bento `hello` that the plugin would make, which pins `rich:v1`. */
export async function saveItems(home: string): Promise<{ rich: Model; linked: Model; bento: Bento }> {
  const models = new ModelStore(home)
  const save = async (tag: string, fill: (dir: string) => void) => {
    const { path } = await models.create(tag, RICH, fill)
    appendFileSync(join(path, 'model.yaml'), UNKNOWN)
    return models.get(tag)
  }
  const rich = await save('rich:v1', fillRichly)
  const linked = await save('linked:v1', dir => {
    fillRichly(dir)
    addLinks(dir)
  })
  const { snapshot } = builtService(EMITTED, `${home}-project`)
  const { digest, size } = await models.digest(rich)
  snapshot.pins.push({ requests: ['rich:latest'], alias: 'r', tag: rich.tag, digest, size, info: rich.info })
  const { tag } = await packageService(snapshot, packageOptions(home, { labels: RICH.labels }))
  return { rich, linked, bento: await new BentoStore(home).get(tag) }
}
