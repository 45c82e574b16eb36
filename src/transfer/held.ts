import { BentoError, isBentoError } from '../core/errors.js'
import type { FullTag } from '../core/tag.js'
import { reservedVersion } from '../store/draft.js'
import type { StoreItem } from '../store/item.js'
import type { ItemStore } from '../store/item-store.js'
import { refuseTaken } from '../store/new-tag.js'

/** How to mend it that the tag of an import is taken. */
const MENDS = {
  model:
    'Import it under another tag (--as, or { as }), skip it (--skip-existing, or { skipExisting }), or delete that one.',
  bento: 'Skip it (--skip-existing, or { skipExisting: true }), or delete that one first.',
} as const

/**
 * The item that holds a tag; undefined where the tag is free.
 *
 * @throws `TAG_EXISTS` where something that is no item stands in its place
 */
export async function holderOf<T extends StoreItem>(store: ItemStore<T>, tag: FullTag): Promise<T | undefined> {
  const [held] = await store.list(tag)
  if (held !== undefined) return held
  try {
    await refuseTaken(store, tag)
    return undefined
  } catch (error) {
    // It may have been saved between the two looks.
    const [late] = isBentoError(error, 'TAG_EXISTS') ? await store.list(tag) : []
    if (late === undefined) throw error
    return late
  }
}

/**
 * The item that holds the tag of an import, where that one is to be left alone and the import skipped.
 *
 * @returns undefined where the tag is free
 * @throws `TAG_EXISTS` where it is not, and nothing is to be skipped; `TAG_INVALID` for the version `latest`, whose place
 * is a file of the store
 */
export async function heldItem<T extends StoreItem>(
  store: ItemStore<T>,
  tag: FullTag,
  skip: boolean | undefined,
): Promise<T | undefined> {
  if (tag.version === 'latest') throw reservedVersion(String(tag))
  const held = await holderOf(store, tag)
  if (held === undefined || skip === true) return held
  const { word } = store.kind
  throw new BentoError('TAG_EXISTS', `The store already holds ${word} ${tag}.`, {
    hint: MENDS[word],
    details: { tag: String(tag), path: held.path },
  })
}
