/** The store of models and bentos, shared with BentoML. The public face adds export and import: `transfer/index.ts`. */
export { BentoError, type BentoErrorOptions, type ERROR_CODES, type ErrorCode, isBentoError } from '../core/errors.js'
export { type FullTag, Tag } from '../core/tag.js'
export type { YamlMap, YamlValue } from '../core/yaml.js'
export type { Bento } from './bento.js'
export {
  allModels,
  type BentoEnvInfo,
  type BentoImage,
  type BentoInfo,
  type BentoModelRef,
  type BentoServiceInfo,
} from './bento-info.js'
export { type BentoOptions, BentoStore } from './bento-store.js'
export type { ModelDigest } from './digest.js'
export type { Draft, PublishOptions } from './draft.js'
export type { StoreItem } from './item.js'
export type { ItemStore, ListOptions } from './item-store.js'
export type { Model } from './model.js'
export type { ModelContext, ModelInfo, ModelInput, ModelSignature, ModelSignatureInput } from './model-info.js'
export { type ModelOptions, ModelStore } from './model-store.js'
export type { OnProblem, StoreProblem } from './record.js'
export { resolveModel } from './resolve.js'
export { bentosUsing } from './users.js'
