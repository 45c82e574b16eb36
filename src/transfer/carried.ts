import type { PackEntry } from '../archive/entries.js'
import { fileEntry, treeEntries } from '../archive/tree.js'
import { BentoError, isBentoError } from '../core/errors.js'
import type { Tag } from '../core/tag.js'
import { parseTime } from '../core/time.js'
import type { Bento } from '../store/bento.js'
import { allModels, type BentoModelRef } from '../store/bento-info.js'
import type { Model } from '../store/model.js'
import type { ModelStore } from '../store/model-store.js'

/** Folder of a bento's archive that holds its models, laid out as a model store. */
const FOLDER = 'models'

/** What an export adds to a bento. */
export interface CarriedModels {
  entries: PackEntry[]
  models: Model[]
}

/**
 * The models that a bento uses, as entries of its archive: `models/<name>/<version>/…`, and `models/<name>/latest` with
 * the newest of them, as BentoML makes it. Where the stored bento has a `models/` of its own, that stays: a model in it
 * is the one the bento runs with, and goes before the store's.
 *
 * @param own what the bento's folder holds
 * @throws `TAG_NOT_FOUND` naming every model that the store lacks; `DIGEST_MISMATCH`, `ENTRY_CLASH`
 */
export async function carriedModels(
  bento: Bento,
  own: readonly PackEntry[],
  store: ModelStore,
): Promise<CarriedModels> {
  const kinds = new Map(own.map(entry => [entry.path, entry.kind]))
  const wanted = allModels(bento.info).filter(
    ({ registry, tag }) => registry === 'bentoml' && kinds.get(`${folderOf(tag)}/model.yaml`) !== 'file',
  )
  const models: Model[] = []
  const lacking: Tag[] = []
  for (const { tag } of wanted) {
    const model = await find(store, tag)
    if (model === undefined) lacking.push(tag)
    else models.push(model)
  }
  if (lacking.length > 0) throw lackingModels(bento, lacking, store.root)
  refuseOthers(bento, wanted, models)
  for (const model of models) refuseClash(bento, model, kinds)
  const trees = await Promise.all(models.map(model => treeEntries(model.path, folderOf(model.tag))))
  const pointers = newestOfEach(models)
    .map(({ tag }) => fileEntry(`${FOLDER}/${tag.name}/latest`, tag.version))
    .filter(({ path }) => !kinds.has(path))
  const folders: PackEntry[] = models.map(({ tag }) => ({ path: folderOf(tag), kind: 'dir' }))
  return { entries: [...folders, ...trees.flat(), ...pointers], models }
}

function folderOf(tag: Tag): string {
  return `${FOLDER}/${tag.name}/${tag.version}`
}

/** By its exact version: `get` would take the beginning of another one for it. */
async function find(store: ModelStore, tag: Tag): Promise<Model | undefined> {
  try {
    return (await store.list(tag))[0]
  } catch (error) {
    if (isBentoError(error, 'TAG_NOT_FOUND')) return undefined
    throw error
  }
}

/** The newest model of each name; among equals the later one, as BentoML's store has it. */
function newestOfEach(models: readonly Model[]): Model[] {
  const newest = new Map<string, Model>()
  const micros = (model: Model) => parseTime(model.creationTime)?.micros ?? 0n
  for (const model of models) {
    const held = newest.get(model.tag.name)
    if (held === undefined || micros(held) <= micros(model)) newest.set(model.tag.name, model)
  }
  return [...newest.values()]
}

function lackingModels(bento: Bento, lacking: readonly Tag[], root: string): BentoError {
  const tags = lacking.map(String)
  const reason = `Bento ${bento.tag} uses models that ${root} does not hold: ${tags.join(', ')}.`
  return new BentoError('TAG_NOT_FOUND', reason, {
    hint: 'Import them. An export can also leave them out: --no-models, or { models: false }.',
    details: { bento: String(bento.tag), models: tags },
  })
}

/**
 * A model that was deleted and saved anew is not the one that the bento was built with, and an import would refuse it.
 * Only what the manifests say is looked at: reading every model would cost as much as the export itself.
 */
function refuseOthers(bento: Bento, pins: readonly BentoModelRef[], models: readonly Model[]): void {
  const pinned = new Map(pins.map(pin => [String(pin.tag), pin.metadata?.digest]))
  const others = models
    .filter(({ tag, info: { digest } }) => digest !== undefined && (pinned.get(String(tag)) ?? digest) !== digest)
    .map(({ tag }) => String(tag))
  if (others.length === 0) return
  const reason = `These models are not those that bento ${bento.tag} pins by digest: ${others.join(', ')}.`
  throw new BentoError('DIGEST_MISMATCH', reason, {
    hint: 'They were saved anew since: build the bento again.',
    details: { bento: String(bento.tag), models: others },
  })
}

/** What the bento itself has in the place of a model must be neither mixed with it nor lost. */
function refuseClash(bento: Bento, { tag }: Model, kinds: ReadonlyMap<string, PackEntry['kind']>): void {
  const above = [FOLDER, `${FOLDER}/${tag.name}`].find(path => (kinds.get(path) ?? 'dir') !== 'dir')
  const clash = above ?? (kinds.has(folderOf(tag)) ? folderOf(tag) : undefined)
  if (clash === undefined) return
  const reason = `Bento ${bento.tag} has something of its own at ${clash}, where its model ${tag} would go.`
  throw new BentoError('ENTRY_CLASH', reason, {
    hint: 'Export it without its models: --no-models, or { models: false }; and export the models one by one.',
    details: { bento: String(bento.tag), model: String(tag), path: clash },
  })
}
