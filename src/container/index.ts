/**
 * Images of bentos: `vite-plugin-bento/container`. Loads no bundler.
 *
 * @packageDocumentation
 */
export { BentoError, type BentoErrorOptions, type ERROR_CODES, type ErrorCode, isBentoError } from '../core/errors.js'
export { containerize } from './containerize.js'
export { BACKENDS, type Backend, type BuilderValue, type Containerized, type ContainerizeOptions } from './types.js'
