/**
 * Building bentos from scripts: `vite-plugin-bento/build`. Loads no bundler before the first build, and then the
 * project's own Vite.
 *
 * @packageDocumentation
 */
export type { BuildReport } from '../bento/types.js'
export type { OptionSource } from '../config/layers.js'
export type { BentoEnvOption, BentoImageOption, BentoModelOption, BentoOptions } from '../config/options.js'
export { BentoError, type BentoErrorOptions, type ERROR_CODES, type ErrorCode, isBentoError } from '../core/errors.js'
export { build, buildBentofile } from './build.js'
export type { BuildOptions } from './options.js'
