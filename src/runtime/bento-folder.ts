import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * The bentos that the running code may belong to, best first: the one around it (an image, an unpacked bento), and the one that
 * `BENTO_PATH` names (`bento serve` runs a copy of `src/`).
 *
 * @param moduleUrl `import.meta.url` of the running file
 */
export function bentoFolders(moduleUrl: string): string[] {
  return [bentoAround(moduleUrl), process.env.BENTO_PATH || undefined].filter(bento => bento !== undefined)
}

/** The nearest folder above the file that holds a `bento.yaml`. Lazy chunks may lie folders below the entry. */
function bentoAround(moduleUrl: string): string | undefined {
  if (!moduleUrl.startsWith('file:')) return undefined
  let folder = dirname(fileURLToPath(moduleUrl))
  while (!existsSync(join(folder, 'bento.yaml'))) {
    const parent = dirname(folder)
    if (parent === folder) return undefined
    folder = parent
  }
  return folder
}
