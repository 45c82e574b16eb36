import { isDigest } from '../core/digest.js'
import { BentoError } from '../core/errors.js'
import type { Tag } from '../core/tag.js'
import { visible } from '../core/text.js'
import { allModels, type BentoInfo } from '../store/bento-info.js'
import type { ModelStore } from '../store/model-store.js'

/**
 * Looks for the models that a bento pins, and holds their digests against the pins: among those that come with it, then
 * in the store.
 *
 * @param arrived digest of a model that comes along
 * @returns the tags found nowhere: an export without its models is one, too
 * @throws `DIGEST_MISMATCH` naming each model that is another one than the bento was built with
 */
export async function checkPins(
  info: BentoInfo,
  store: ModelStore,
  arrived: (tag: Tag) => string | undefined,
  where: string,
): Promise<Tag[]> {
  const missing: Tag[] = []
  const other: string[] = []
  for (const { tag, registry, metadata } of allModels(info)) {
    if (registry !== 'bentoml') continue
    const pinned = isDigest(metadata?.digest) ? metadata.digest : undefined
    const found = arrived(tag) ?? (await storedDigest(store, tag, pinned !== undefined))
    if (found === undefined) missing.push(tag)
    else if (pinned !== undefined && found !== pinned) other.push(String(tag))
  }
  if (other.length === 0) return missing
  throw new BentoError(
    'DIGEST_MISMATCH',
    `These models are not those that ${visible(where)} pins by digest: ${other.join(', ')}.`,
    {
      hint: 'The store, or the archive, has other models of these tags: import the bento into a store that has not.',
      details: { models: other },
    },
  )
}

/** Digest of a stored model, or any text where only its being there counts; undefined where the store lacks it. */
async function storedDigest(store: ModelStore, tag: Tag, digest: boolean): Promise<string | undefined> {
  const held = tag.version === undefined ? undefined : (await store.list(tag))[0]
  if (held === undefined) return undefined
  return digest ? (await store.digest(held)).digest : ''
}
