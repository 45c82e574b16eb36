/**
 * Archives of folders: `vite-plugin-bento/archive`. Packs any folder, the same content always into the same bytes, and
 * unpacks what strangers send. Loads nothing of the store, and no bundler; codecs are loaded when they are needed.
 *
 * @packageDocumentation
 */
export { BentoError, type BentoErrorOptions, type ERROR_CODES, type ErrorCode, isBentoError } from '../core/errors.js'
export type { FoundFormat } from './detect.js'
export { type ExtractOptions, type ExtractReport, extract } from './extract.js'
export { formatOfName } from './format-name.js'
export type { ArchiveSource } from './input.js'
export { type PackDestination, type PackOptions, type PackReport, pack } from './pack.js'
export {
  ARCHIVE_FORMATS,
  type ArchiveFormat,
  type ArchiveProgress,
  type ExtractLimits,
  type OnArchiveProgress,
  type PackLevel,
} from './types.js'
export type { UnpackedFile } from './unpack.js'
