import { BentoError } from '../core/errors.js'
import { visible } from '../core/text.js'
import { below, type ForeignFile } from './emitted-files.js'
import { CLIENT, SOURCE } from './layout.js'
import type { ClientSnapshot } from './types.js'

/** The files of the web client as they are to lie in `src/client/`. */
export function clientFiles(client: ClientSnapshot | undefined): ForeignFile[] {
  return client === undefined ? [] : below(client.folder, client.files, CLIENT)
}

/**
 * Makes sure that nothing else lies in the client's folder: it would be served to everyone.
 *
 * @param paths what else is to lie in `src/`, as POSIX paths below it
 * @throws `OUTPUT_CONFLICT`
 */
export function refuseInClient(paths: readonly string[]): void {
  const within = paths.filter(path => path.toLowerCase().startsWith(`${CLIENT}/`))
  if (within.length === 0) return
  throw new BentoError(
    'OUTPUT_CONFLICT',
    `Files of the service would lie in ${SOURCE}/${CLIENT}/, whose files are served to everyone: ${within.map(visible).join(', ')}.`,
    {
      hint: 'Name them otherwise (output.entryFileNames, chunkFileNames, assetFileNames; include), or leave the client out: client: false.',
      details: { files: within },
    },
  )
}
