import type { LoadHook, ResolveHook } from 'node:module'
import { pathToFileURL } from 'node:url'

/** An emitted service that is loaded where it was emitted, though a bento would lay its packages and package.json otherwise. */
export interface LoadedService {
  /** URL of the folder it was emitted to, with a slash at the end. */
  folder: string
  /** Packages that stayed outside, each with the absolute path of a source that imports it. */
  importers: Record<string, string>
}

let service: LoadedService = { folder: '', importers: {} }

/** Called by Node with the data of `register`. */
export function initialize(data: LoadedService): void {
  service = data
}

/** A package that cannot be found from the output folder is sought from the source that imports it: a workspace has several. */
export const resolve: ResolveHook = async (specifier, context, next) => {
  try {
    return await next(specifier, context)
  } catch (error) {
    const name = /^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? ''
    const importer = Object.hasOwn(service.importers, name) ? service.importers[name] : undefined
    if (importer === undefined || !context.parentURL?.startsWith(service.folder)) throw error
    return next(specifier, { ...context, parentURL: pathToFileURL(importer).href })
  }
}

/** The package.json of a bento says `type: module`; the project's may not. */
export const load: LoadHook = async (url, context, next) => {
  const isEmitted = url.startsWith(service.folder) && /\.js(?:[?#]|$)/.test(url)
  return next(url, isEmitted ? { ...context, format: 'module' } : context)
}
