import { realpath } from 'node:fs/promises'
import { basename, dirname, join, sep } from 'node:path'
import { BentoError } from '../core/errors.js'
import { isMissing } from '../files/errors.js'

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
    const real = await realPlace(root)
    if (place !== real && !place.startsWith(real + sep)) continue
    throw new BentoError('TARGET_INVALID', `${path} lies in the store ${root}.`, {
      hint: 'Export to a place outside of it.',
      details: { path, root },
    })
  }
}

/** Where something is, or would be, once all links above it are followed. */
async function realPlace(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch (error) {
    // Whatever else is wrong with the place is found out when it is written to.
    if (!isMissing(error) || dirname(path) === path) return path
    return join(await realPlace(dirname(path)), basename(path))
  }
}
