import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { checkOptions } from '../archive/check-options.js'
import { isBentoError } from '../core/errors.js'
import { type FullTag, fullTag, Tag } from '../core/tag.js'
import { writeNewFile } from '../files/write.js'
import { NOT_DIGESTED } from '../store/digest.js'
import type { StagedDraft } from '../store/draft.js'
import { MODEL_KIND } from '../store/kinds.js'
import type { Model } from '../store/model.js'
import { type ModelInfo, parseModelInfo } from '../store/model-info.js'
import type { ModelStore } from '../store/model-store.js'
import { digestWithout, requireDigest, seenFiles } from './digests.js'
import { heldItem } from './held.js'
import { requireInnerLinks } from './inner-links.js'
import { Intake, importError, Skipped, type Unpacked } from './intake.js'
import type { FoundManifest } from './manifest.js'
import { sameManifest } from './same-model.js'
import type { ImportedModel, ImportModelOptions, ImportOptions, ImportSource } from './types.js'

/** See `ModelTransfer.importModel`. */
export async function importModel(
  store: ModelStore,
  source: ImportSource,
  options: ImportModelOptions,
): Promise<ImportedModel> {
  checkOptions(options)
  const { as, ...rest } = options
  const wanted = as === undefined ? undefined : Tag.from(as)
  const intake = await Intake.open(source, MODEL_KIND, rest)
  // Until the manifest has come, it may hold a digest to be checked; hashing is a third of the work.
  let digested = true
  const look = async (manifest: FoundManifest) => {
    const found = read(manifest, wanted)
    digested = found.info.digest !== undefined
    await refuseHeld(store, found, rest)
  }
  try {
    await intake.peek(look)
    const draft = await store.draft()
    try {
      const unpacked = await intake.unpack(draft, look, () => digested)
      return await settle(store, intake, draft, unpacked, read(unpacked.manifest, wanted), rest)
    } catch (error) {
      throw importError(error, rest, intake.name, store.root)
    } finally {
      await draft.discard()
    }
  } catch (error) {
    if (error instanceof Skipped) return error.answer as ImportedModel
    throw error
  } finally {
    await intake.close()
  }
}

/** Judges what was unpacked; only then the model becomes visible. */
async function settle(
  store: ModelStore,
  intake: Intake,
  draft: StagedDraft<Model>,
  unpacked: Unpacked,
  found: FoundModel,
  options: ImportOptions,
): Promise<ImportedModel> {
  await requireInnerLinks(unpacked.dir, unpacked.links, intake.name)
  await checkDigest(unpacked, found)
  await rename(unpacked, found)
  options.signal?.throwIfAborted()
  try {
    const model = await draft.publish(found.tag)
    return { tag: model.tag, model, outcome: 'imported', notes: unpacked.notes }
  } catch (error) {
    // Another import may have been first.
    if (isBentoError(error, 'TAG_EXISTS')) await refuseHeld(store, found, options)
    throw error
  }
}

/** What a manifest says, and the tag that its model is to get. */
interface FoundModel {
  tag: FullTag
  info: ModelInfo
}

function read({ text, where }: FoundManifest, as: Tag | undefined): FoundModel {
  const info = parseModelInfo(text, where)
  return { info, tag: as === undefined ? info.tag : fullTag(as.name, as.version ?? info.tag.version) }
}

/** @throws `TAG_EXISTS` where the store holds the tag; {@link Skipped} where that is to be skipped */
async function refuseHeld(store: ModelStore, { tag, info }: FoundModel, options: ImportOptions): Promise<void> {
  const model = await heldItem(store, tag, options.skipExisting)
  if (model === undefined) return
  const same = sameManifest(model, { ...info, tag })
  const notes = same ? [] : [`The model ${tag} in the store is another one: its model.yaml differs.`]
  throw new Skipped<ImportedModel>({ tag, model, outcome: 'exists', notes })
}

async function checkDigest({ dir, files, links, manifest }: Unpacked, { info }: FoundModel): Promise<void> {
  if (info.digest === undefined) return
  const seen = await seenFiles(dir, files, links.length > 0)
  requireDigest(`Model ${info.tag}`, info.digest, digestWithout(seen, ...NOT_DIGESTED), manifest.where)
}

async function rename({ dir, manifest }: Unpacked, { tag, info }: FoundModel): Promise<void> {
  if (tag.equals(info.tag)) return
  // Only who renames needs the parser.
  const { renameManifest } = await import('./rename.js')
  const text = renameManifest(manifest.text, tag, manifest.where)
  const path = join(dir, MODEL_KIND.manifest)
  await rm(path)
  await writeNewFile(path, text)
}
