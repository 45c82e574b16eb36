import { BentoError } from '../core/errors.js'
import { visible } from '../core/text.js'
import { holds, realPlace } from '../files/place.js'

/**
 * Refuses to write into a store: what lies there and is no item makes BentoML's listing fail, and stored items never
 * change.
 *
 * @param path absolute, of what is to be written
 * @param roots folders of the stores
 * @throws `TARGET_INVALID`
 */
export async function requireOutside(path: string, roots: readonly string[]): Promise<void> {
  const place = await realPlace(path)
  for (const root of roots) {
    if (!holds(await realPlace(root), place)) continue
    throw new BentoError('TARGET_INVALID', `${visible(path)} lies in the store ${visible(root)}.`, {
      hint: 'Export to a place outside of it.',
      details: { path, root },
    })
  }
}
