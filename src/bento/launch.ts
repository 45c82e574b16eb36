import { BentoError } from '../core/errors.js'
import { compareText } from '../core/tag.js'
import { CLIENT, RUNTIME, SERVER, SERVICE } from './layout.js'
import type { ClientSnapshot, ServiceSnapshot } from './types.js'

/** How `src/server.js` comes to be. */
export interface Launch {
  /** Path of the entry chunk in `src/`; it differs from the emitted one where that is called `server.js` itself. */
  entry: string
  /** Text of `src/server.js`; undefined where the entry chunk is it. */
  server: string | undefined
}

/**
 * Decides what `node src/server.js` runs. In handler mode it is a small file that serves the entry's default export;
 * in program mode it is the entry, or a launcher that makes the entry look like the main module.
 *
 * @throws `OUTPUT_CONFLICT` when an emitted file lies in the way.
 */
export function planLaunch(
  snapshot: Pick<ServiceSnapshot, 'entry' | 'entryIsImported' | 'files' | 'mode' | 'client'>,
): Launch {
  const { entry, files, mode, client } = snapshot
  if (mode === 'program' && entry === SERVER) return { entry, server: undefined }
  if (mode === 'handler' && entry === SERVER) {
    if (snapshot.entryIsImported || files.includes(SERVICE)) throw entryInTheWay(snapshot)
    return { entry: SERVICE, server: handlerServer(SERVICE, client) }
  }
  if (files.includes(SERVER)) {
    throw new BentoError(
      'OUTPUT_CONFLICT',
      `The build emits "${SERVER}", which is not the entry (that is "${entry}"), but ${SERVER} is what starts a bento.`,
      { hint: 'Give that file another name (output.chunkFileNames, output.assetFileNames).' },
    )
  }
  return { entry, server: mode === 'handler' ? handlerServer(entry, client) : launcher(entry) }
}

function entryInTheWay(snapshot: Pick<ServiceSnapshot, 'entryIsImported'>): BentoError {
  const why = snapshot.entryIsImported ? 'other chunks import it' : `"${SERVICE}" is emitted too`
  return new BentoError(
    'OUTPUT_CONFLICT',
    `The entry is emitted as "${SERVER}", where the bento has its own server, and can't be renamed: ${why}.`,
    { hint: `Name the entry otherwise, for example output.entryFileNames: "${SERVICE}".` },
  )
}

function handlerServer(entry: string, client: ClientSnapshot | undefined): string {
  const load = `() => import(${specifier(entry)})`
  return `// Serves what the service exports; written by vite-plugin-bento.
import { start } from './${RUNTIME}'

await start(${client === undefined ? load : `${load}, {\n  client: ${clientOptions(client)},\n}`})
`
}

/** What the runtime calls `ClientOptions`. */
function clientOptions({ base, spa, hashed }: ClientSnapshot): string {
  const names = [...hashed].sort(compareText).map(name => `\n      ${JSON.stringify(name)},`)
  return `{
    folder: new URL('./${CLIENT}/', import.meta.url),
    base: ${JSON.stringify(base)},
    spa: ${spa},
    hashed: [${names.join('')}${names.length === 0 ? '' : '\n    '}],
  }`
}

/** Guards such as `process.argv[1] === import.meta.filename` must hold in the entry, as if it had been started itself. */
function launcher(entry: string): string {
  return `// Starts the service as if it were the main module; written by vite-plugin-bento.
import { fileURLToPath } from 'node:url'

const entry = new URL(${specifier(entry)}, import.meta.url)
process.argv[1] = fileURLToPath(entry)
await import(entry.href)
`
}

/** A relative import specifier is a URL: `#`, `?` and `%` of a file name must be encoded. */
function specifier(path: string): string {
  const encoded = path.split('/').map(encodeURIComponent).join('/')
  return `'./${encoded.replaceAll("'", '%27')}'`
}
