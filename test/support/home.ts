import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { fullTag, Tag } from '../../src/core/tag.js'
import { isoTime, now } from '../../src/core/time.js'
import type { Model } from '../../src/store/model.js'
import { checkModelInput, dumpModelInfo, type ModelInput } from '../../src/store/model-info.js'
import type { ModelStore } from '../../src/store/model-store.js'

const FIXTURES = fileURLToPath(new URL('../../fixtures/bentoml/', import.meta.url))

/** Absolute path of a file of `fixtures/bentoml`. */
export function bentomlFixture(name: string): string {
  return join(FIXTURES, name)
}

/** A temporary folder, removed when the test ends. */
export function scratchFolder(parent: string = tmpdir()): string {
  const dir = mkdtempSync(join(parent, 'vpb-test-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

/** Path of a store home that does not exist yet, in a temporary folder that is removed when the test ends. */
export function scratchHome(): string {
  return join(scratchFolder(), 'home')
}

/** A copy of the BENTOML_HOME that BentoML 1.4.39 made (`fixtures/bentoml`), removed when the test ends. */
export function fixtureHome(): string {
  const home = scratchHome()
  mkdirSync(home)
  execFileSync('tar', ['-xf', bentomlFixture('home.tar'), '-C', home])
  return home
}

/** What {@link saveModel} writes. */
export interface SavedModel extends ModelInput {
  /** ISO 8601; now by default. */
  creationTime?: string
  /** Path to content. */
  files?: Record<string, string>
}

/** Saves a model with a creation time of the test's choosing, by the same steps as an import. */
export async function saveModel(store: ModelStore, tag: string, options: SavedModel = {}): Promise<Model> {
  const { creationTime = isoTime(now()), files = { 'weights.txt': tag }, ...input } = options
  const { name, version = '' } = Tag.parse(tag)
  const draft = await store.begin()
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(draft.dir, path)), { recursive: true })
    writeFileSync(join(draft.dir, path), content)
  }
  const full = fullTag(name, version)
  const unknown = { digest: undefined, size: undefined, nodeVersion: undefined, extra: {} }
  const text = dumpModelInfo({ tag: full, ...checkModelInput(input, tag), creationTime, ...unknown })
  writeFileSync(join(draft.dir, 'model.yaml'), text)
  return draft.publish(full)
}

/** The tags of items, as text. */
export function tagsOf(items: readonly { tag: Tag }[]): string[] {
  return items.map(item => String(item.tag))
}
