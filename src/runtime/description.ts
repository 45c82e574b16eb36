import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { bentoFolders } from './bento-folder.js'

/** What the bento says about the service that it holds. */
export interface Description {
  /** Name and version of the bento; empty where the code runs outside of one. */
  name: string
  version: string
  /** Path of the OpenAPI document as JSON; undefined where the service has none. */
  openapi: string | undefined
  /** Path of BentoML's `schema.json`; undefined where the service has none. */
  schema: string | undefined
  /** The paths that the service's OpenAPI document names, templates (`/flowers/{id}`) included. */
  paths: string[]
}

/**
 * Reads what the bento around the running file says.
 *
 * @param moduleUrl `import.meta.url` of the running file
 */
export function describe(moduleUrl: string): Description {
  const bento = bentoFolders(moduleUrl).find(folder => existsSync(join(folder, 'bento.yaml')))
  if (bento === undefined) return { name: '', version: '', openapi: undefined, schema: undefined, paths: [] }
  const manifest = readFileSync(join(bento, 'bento.yaml'), 'utf8')
  const openapi = join(bento, 'apis', 'openapi.json')
  const schema = join(bento, 'apis', 'schema.json')
  const isDescribed = existsSync(openapi) && existsSync(schema)
  return {
    name: scalar(manifest, 'name'),
    version: scalar(manifest, 'version'),
    openapi: isDescribed ? openapi : undefined,
    schema: isDescribed ? schema : undefined,
    paths: isDescribed ? Object.keys(JSON.parse(readFileSync(schema, 'utf8')).paths) : [],
  }
}

/** A part of the tag as it stands in the manifest: by its grammar it needs no escapes, quoted or not. */
function scalar(manifest: string, key: string): string {
  return new RegExp(`^${key}: ['"]?([\\w.-]+)`, 'm').exec(manifest)?.[1] ?? ''
}
