import { join, resolve } from 'node:path'
import { isBentoError } from '../core/errors.js'
import type { FullTag } from '../core/tag.js'
import { allModels, parseBentoInfo } from './bento-info.js'
import { BENTO_KIND } from './kinds.js'
import { newestFirst } from './order.js'
import { type ItemRecord, readItems, readNames } from './record.js'

/**
 * The bentos of a home that use any of some models from its model store, newest first.
 *
 * @throws `HOME_INVALID`, `IO_FAILED`
 */
export async function bentosUsing(home: string, ...models: FullTag[]): Promise<FullTag[]> {
  const root = join(resolve(home), BENTO_KIND.folder)
  const wanted = models.map(String)
  const records = readNames(root).flatMap(name => readItems(root, BENTO_KIND, name))
  return newestFirst(records.filter(record => uses(record, wanted))).map(record => record.tag)
}

function uses(record: ItemRecord, wanted: string[]): boolean {
  // Parsing is a hundred times slower than looking whether a tag occurs at all; its characters need no escapes in YAML.
  const text = record.text.toLowerCase()
  if (!wanted.some(tag => text.includes(tag))) return false
  try {
    const info = parseBentoInfo(record.text, `${record.path}/bento.yaml`)
    return allModels(info).some(model => model.registry === 'bentoml' && wanted.includes(String(model.tag)))
  } catch (error) {
    // Too damaged to tell what it uses, but it names the model: keep that.
    if (isBentoError(error, 'MANIFEST_INVALID')) return true
    throw error
  }
}
