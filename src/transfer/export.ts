import { join } from 'node:path'
import { checkOptions } from '../archive/check-options.js'
import type { PackEntry } from '../archive/entries.js'
import { packEntries } from '../archive/pack.js'
import { isStream } from '../archive/stream-output.js'
import { treeEntries } from '../archive/tree.js'
import type { ArchiveFormat } from '../archive/types.js'
import type { Tag } from '../core/tag.js'
import type { Bento } from '../store/bento.js'
import type { BentoStore } from '../store/bento-store.js'
import type { StoreItem } from '../store/item.js'
import type { ItemStore } from '../store/item-store.js'
import { BENTO_KIND, MODEL_KIND } from '../store/kinds.js'
import type { ModelStore } from '../store/model-store.js'
import { carriedModels } from './carried.js'
import { askedFormat, ownFormat, resolveDestination } from './destination.js'
import { requireOutside } from './outside-store.js'
import type { ExportBentoOptions, ExportDestination, Exported, ExportedBento, ExportOptions } from './types.js'

/** See `ModelTransfer.exportModel`. */
export async function exportModel(
  store: ModelStore,
  tag: string | Tag,
  destination: ExportDestination | undefined,
  options: ExportOptions,
): Promise<Exported> {
  checkOptions(options)
  const model = await store.get(tag)
  return write(store, model, await treeEntries(model.path), [model.path], destination, options)
}

/** See `BentoTransfer.exportBento`. */
export async function exportBento(
  store: BentoStore,
  tag: string | Tag,
  destination: ExportDestination | undefined,
  options: ExportBentoOptions,
): Promise<ExportedBento> {
  checkOptions(options)
  const { models: wanted = true, ...rest } = options
  const bento: Bento = await store.get(tag)
  const own = await treeEntries(bento.path)
  const { entries, models } = wanted ? await carriedModels(bento, own, store.models) : { entries: [], models: [] }
  const sources = [bento, ...models].map(item => item.path)
  const exported = await write(store, bento, [...own, ...entries], sources, destination, rest)
  return { ...exported, models: models.map(model => model.tag) }
}

async function write<T extends StoreItem>(
  { kind, home }: ItemStore<T>,
  { tag }: T,
  entries: readonly PackEntry[],
  sources: readonly string[],
  destination: ExportDestination | undefined,
  options: ExportOptions,
): Promise<Exported> {
  const { format: asked, ...rest } = options
  const place = isStream(destination)
    ? { path: destination, format: askedFormat(kind, asked) ?? ownFormat(kind) }
    : await resolveDestination(destination, tag, kind, asked)
  if (typeof place.path === 'string') {
    await requireOutside(
      place.path,
      [MODEL_KIND, BENTO_KIND].map(({ folder }) => join(home, folder)),
    )
  }
  const packed = await packEntries(entries, place.path, { ...rest, format: place.format, sources })
  const { format, bytes } = packed
  return { tag, path: packed.path, format, bytes, notes: notesOn(entries, format) }
}

function notesOn(entries: readonly PackEntry[], format: ArchiveFormat): string[] {
  if (format !== 'zip' || !entries.some(({ kind }) => kind === 'link')) return []
  return [
    'This zip holds links. BentoML refuses those since 1.4.40, and takes them for texts before; the other formats carry them.',
  ]
}
