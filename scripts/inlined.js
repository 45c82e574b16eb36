// What is bundled into dist instead of staying an import.
import { notices } from './build-runtime.js'

/**
 * commander needs no lookup and no CommonJS loader then; semver is twenty files for what three functions do, and loading
 * them took a twentieth of a whole build. Other packages stay imports.
 */
export const INLINED = /^(?:commander|semver)(?:$|\/)/

/** What most of us need of the store; patterns of files, which load a package, are needed by few. */
export const STORE = /[\\/](core|store|files)[\\/](?!(patterns|select)\.js$)/

/** The licences of what a chunk has inlined. */
export function noticesOf(chunk) {
  const ids = chunk.moduleIds ?? Object.keys(chunk.modules)
  return notices(ids.filter(id => /\/node_modules\/(?:commander|semver)\//.test(id.replaceAll('\\', '/'))))
}
