import { realpath } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { BentoError } from '../core/errors.js'
import { visible } from '../core/text.js'

/**
 * Refuses links that do not stay in the item they belong to: in an archive that carries models, one may lead from a
 * model into the bento, or into another model, and stay inside of the archive all the same.
 *
 * @param dir where the item lies, alone
 * @param links paths of its links
 * @param name how the user calls what is imported
 * @throws `ENTRY_KIND`
 */
export async function requireInnerLinks(dir: string, links: readonly string[], name: string): Promise<void> {
  if (links.length === 0) return
  const root = await realpath(dir)
  for (const path of links) {
    const target = await realpath(join(dir, path)).catch(() => undefined)
    if (target !== undefined && (target === root || target.startsWith(root + sep))) continue
    const shown = visible(JSON.stringify(path))
    throw new BentoError('ENTRY_KIND', `The link ${shown} in ${visible(name)} leads out of its item, or nowhere.`, {
      hint: 'Put the file that it points at in its place, then export again.',
      details: { path },
    })
  }
}
