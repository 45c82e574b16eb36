import { BentoError } from '../core/errors.js'
import { visible } from '../core/text.js'
import { holds, realPlace } from '../files/place.js'

/**
 * Refuses a target that lies in a folder that is read, is one, or has one in it: packing would read what it writes, or
 * replacing would remove what is packed.
 *
 * @param target absolute path; perhaps nothing is there, nor above it
 * @throws `TARGET_INVALID`
 */
export async function refuseInside(target: string, sources: readonly string[]): Promise<void> {
  const place = await realPlace(target)
  for (const source of sources) {
    const root = await realPlace(source)
    const inside = holds(root, place)
    if (!inside && !holds(place, root)) continue
    const why = inside ? 'lies in the folder that is packed' : 'holds the folder that is packed'
    throw new BentoError('TARGET_INVALID', `${visible(target)} ${why}, ${visible(source)}.`, {
      hint: 'Choose another path.',
      details: { path: target, source },
    })
  }
}
