import { visible } from '../core/text.js'
import { hashFile } from '../files/hash.js'
import type { ForeignFile } from './emitted-files.js'
import { OWN_SOURCES, SERVER } from './layout.js'
import type { TracedFile } from './types.js'

/**
 * Makes room for the files that the code reads: what lies there already with the same content is enough, and another file
 * in their place is warned of, since the code will find that one.
 *
 * @param others what lies in `src/` already
 * @param ownServer whether the bento writes `src/server.js` itself
 * @throws `IO_FAILED`
 */
export async function tracedFiles(
  traced: readonly TracedFile[],
  others: readonly ForeignFile[],
  ownServer: boolean,
): Promise<{ files: ForeignFile[]; warnings: string[] }> {
  const taken = new Map(others.map(({ to, from }) => [to, from]))
  const own = new Set(ownServer ? [...OWN_SOURCES, SERVER] : OWN_SOURCES)
  const files: ForeignFile[] = []
  const warnings: string[] = []
  for (const { from, to, by } of traced) {
    const other = taken.get(to)
    if (own.has(to))
      warnings.push(`${visible(by)} reads ${to}, where the bento has a file of its own. Import the file instead.`)
    else if (other === undefined) {
      files.push({ to, from })
      taken.set(to, from)
    } else if (other !== from && (await hashFile(other)) !== (await hashFile(from))) {
      warnings.push(
        `${visible(by)} reads ${visible(to)}, where the bento has another file of that name. Give one of them another name.`,
      )
    }
  }
  return { files, warnings }
}
