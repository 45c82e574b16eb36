import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { bentoFolders } from './bento-folder.js'

/**
 * Finds the folder of a pinned model while a bento runs. Looks in the bento that holds the running file (an image, an
 * export with its models), then in the bento that `BENTO_PATH` names, then in the store.
 *
 * @param tag the pinned tag, `name:version`
 * @param moduleUrl `import.meta.url` of the bundle
 * @returns the absolute path of the model's folder
 * @throws Error that names the tag, where it was sought, and how to get it
 */
export function modelPath(tag: string, moduleUrl: string): string {
  const [name = '', version = ''] = tag.split(':')
  const roots = [...bentoFolders(moduleUrl), storeHome()]
  const folders = [...new Set(roots.map(root => join(root, 'models', name, version)))]
  const found = folders.find(folder => existsSync(join(folder, 'model.yaml')))
  if (found !== undefined) return found
  throw new Error(
    `Model ${tag}, which this bento was built with, is not on this machine. Looked in ${folders.join(', ')}. ` +
      `Run "bento models export ${tag}" (or bentoml) where it is, and "bento models import <file>" here, ` +
      'or set BENTOML_HOME to a store that holds it.',
  )
}

/** The same reading of `BENTOML_HOME` as the store's (`core/home.ts`), which a bento cannot import. */
function storeHome(): string {
  let home = process.env.BENTOML_HOME || join('~', 'bentoml')
  // A variable may hold another; one that holds itself would never come to rest.
  for (let round = 0; round < 32; round++) home = expandUser(expandVariables(home))
  return resolve(home)
}

function expandVariables(path: string): string {
  const { env, platform } = process
  const posix = path.replace(/\$(?:(\w+)|\{([^}]*)\})/g, (text, bare, braced) => env[bare ?? braced] ?? text)
  return platform === 'win32' ? posix.replace(/%([^%]+)%/g, (text, name) => env[name] ?? text) : posix
}

function expandUser(path: string): string {
  if (!/^~(?:[/\\]|$)/.test(path)) return path
  const home = process.platform === 'win32' ? process.env.USERPROFILE : process.env.HOME
  return join(home || homedir(), path.slice(1))
}
