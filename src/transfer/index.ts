/**
 * The store of models and bentos, shared with BentoML, and the way in and out of it: `vite-plugin-bento/store`. Loads no
 * bundler and nothing of npm.
 *
 * @packageDocumentation
 */
import { BentoStore } from './bento-store.js'
import { ModelStore } from './model-store.js'

export type { ArchiveFormat, ArchiveProgress, ExtractLimits, OnArchiveProgress, PackLevel } from '../archive/types.js'
// The stores below are those without export and import: what is exported here by name goes before them.
export * from '../store/index.js'
export type * from './types.js'
export { BentoStore, ModelStore }

/** The model store of the default home: `BENTOML_HOME`, else `~/bentoml`, looked up at the first use. */
export const models: ModelStore = new ModelStore()

/** The bento store of the default home. */
export const bentos: BentoStore = new BentoStore()
