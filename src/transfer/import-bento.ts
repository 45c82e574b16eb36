import { join } from 'node:path'
import { checkOptions } from '../archive/check-options.js'
import { CHECKSUMS, isDigest } from '../core/digest.js'
import { BentoError, isBentoError } from '../core/errors.js'
import type { Tag } from '../core/tag.js'
import { visible } from '../core/text.js'
import { dumpYaml } from '../core/yaml.js'
import { readSmallFile } from '../files/read.js'
import type { Bento } from '../store/bento.js'
import { type BentoInfo, bentoInfoValue, parseBentoInfo } from '../store/bento-info.js'
import type { BentoStore } from '../store/bento-store.js'
import type { StagedDraft } from '../store/draft.js'
import { BENTO_KIND } from '../store/kinds.js'
import { Arrivals, type Rest } from './arrivals.js'
import { checkChecksums, MOST_CHECKSUMS, parseChecksums } from './checksums.js'
import { digestWithout, requireDigest, seenFiles } from './digests.js'
import { heldItem } from './held.js'
import { requireInnerLinks } from './inner-links.js'
import { Intake, importError, Skipped, type Unpacked } from './intake.js'
import type { FoundManifest } from './manifest.js'
import { checkPins } from './pins.js'
import { requireSafeValues } from './safe-values.js'
import type { ImportedBento, ImportOptions, ImportSource } from './types.js'

/** See `BentoTransfer.importBento`. */
export async function importBento(
  store: BentoStore,
  source: ImportSource,
  options: ImportOptions,
): Promise<ImportedBento> {
  checkOptions(options)
  const intake = await Intake.open(source, BENTO_KIND, options)
  const look = (manifest: FoundManifest) => refuseHeld(store, read(manifest), options)
  try {
    await intake.peek(look)
    const draft = await store.draft()
    const arrivals = new Arrivals(store.models, intake.name)
    try {
      const unpacked = await intake.unpack(draft, look, () => true)
      return await settle(store, intake, draft, unpacked, arrivals, options)
    } catch (error) {
      throw importError(error, options, intake.name, store.root)
    } finally {
      await arrivals.discard()
      await draft.discard()
    }
  } catch (error) {
    if (error instanceof Skipped) return error.answer as ImportedBento
    throw error
  } finally {
    await intake.close()
  }
}

/** Judges everything that was unpacked; only then anything becomes visible, the bento last. */
async function settle(
  store: BentoStore,
  intake: Intake,
  draft: StagedDraft<Bento>,
  unpacked: Unpacked,
  arrivals: Arrivals,
  options: ImportOptions,
): Promise<ImportedBento> {
  const info = read(unpacked.manifest)
  const sums = checksumsOf(unpacked, intake.name)
  const rest = await arrivals.takeOut(unpacked, path => sums?.has(path) ?? false)
  await requireInnerLinks(unpacked.dir, rest.links, intake.name)
  await checkContent(unpacked, rest, info, sums, intake.name)
  const missing = await checkPins(info, store.models, tag => arrivals.digestOf(tag), unpacked.manifest.where)
  options.signal?.throwIfAborted()
  try {
    await arrivals.publish()
    const bento = await draft.publish(info.tag, { lacking: new Set(missing.map(String)) })
    const notes = [...unpacked.notes, ...missingNotes(info, missing)]
    return { tag: bento.tag, bento, outcome: 'imported', models: arrivals.outcomes, missing, notes }
  } catch (error) {
    await arrivals.takeBack()
    // Another import may have been first.
    if (isBentoError(error, 'TAG_EXISTS')) await refuseHeld(store, info, options)
    throw error
  }
}

function read({ text, where }: FoundManifest): BentoInfo {
  const info = parseBentoInfo(text, where)
  requireSafeValues(info, where)
  return info
}

/** @throws `TAG_EXISTS` where the store holds the tag; {@link Skipped} where that is to be skipped */
async function refuseHeld(store: BentoStore, info: BentoInfo, options: ImportOptions): Promise<void> {
  const { tag } = info
  const bento = await heldItem(store, tag, options.skipExisting)
  if (bento === undefined) return
  const notes = sameBento(bento, info) ? [] : [`The bento ${tag} in the store is another one: its bento.yaml differs.`]
  throw new Skipped<ImportedBento>({ tag, bento, outcome: 'exists', models: [], missing: [], notes })
}

/** By the hash over its content where it has one: built twice, only its creation time differs. */
function sameBento({ info: held }: Bento, info: BentoInfo): boolean {
  if (held.node?.content !== undefined && held.node.content === info.node?.content) return true
  return dumpYaml(bentoInfoValue(held)) === dumpYaml(bentoInfoValue(info))
}

function checksumsOf({ dir, files }: Unpacked, name: string): Map<string, string> | undefined {
  const file = files.find(({ path }) => path === CHECKSUMS)
  if (file === undefined) return undefined
  const text = file.size > MOST_CHECKSUMS ? undefined : readSmallFile(join(dir, CHECKSUMS)).text
  if (text !== undefined) return parseChecksums(text, name)
  throw new BentoError('DIGEST_MISMATCH', `${CHECKSUMS} in ${visible(name)} is no list of checksums.`)
}

/** Holds what is left of a bento against its checksums, then against its digest. @throws `DIGEST_MISMATCH` */
async function checkContent(
  { dir, manifest }: Unpacked,
  { files, links }: Rest,
  { tag, node }: BentoInfo,
  sums: ReadonlyMap<string, string> | undefined,
  name: string,
): Promise<void> {
  const digest = isDigest(node?.digest) ? node.digest : undefined
  if (sums === undefined && digest === undefined) return
  const seen = await seenFiles(dir, files, links.length > 0)
  if (sums !== undefined) checkChecksums(sums, seen, name)
  if (digest === undefined) return
  requireDigest(`Bento ${tag}`, digest, digestWithout(seen, BENTO_KIND.manifest, CHECKSUMS), manifest.where)
}

function missingNotes({ tag }: BentoInfo, missing: readonly Tag[]): string[] {
  if (missing.length === 0) return []
  return [`Bento ${tag} uses models that are not in the store: ${missing.join(', ')}. Import them before it is served.`]
}
