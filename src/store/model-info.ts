import { isDigest } from '../core/digest.js'
import { BentoError } from '../core/errors.js'
import { FieldReader, otherKeys } from '../core/fields.js'
import { BENTOML_VERSION } from '../core/peer.js'
import type { FullTag } from '../core/tag.js'
import { ValueChecker } from '../core/values.js'
import { dumpYaml, isYamlMap, MAX_YAML_LENGTH, parseYaml, type WriteOptions, type YamlMap } from '../core/yaml.js'
import { readTag, readTime } from './manifest-fields.js'
import {
  checkSignatures,
  type ModelSignature,
  type ModelSignatureInput,
  readSignatures,
  signaturesValue,
} from './model-signature.js'

export type { ModelSignature, ModelSignatureInput } from './model-signature.js'

/** What made a model: `context` of model.yaml. */
export interface ModelContext {
  readonly frameworkName: string
  /** Package name to version. */
  readonly frameworkVersions: Readonly<Record<string, string>>
  readonly bentomlVersion: string
  /** Empty for a model that no Python saved. */
  readonly pythonVersion: string
  /** Keys of a newer BentoML, kept as they are. */
  readonly extra: YamlMap
}

/** All that model.yaml says. Immutable; keys unknown here are kept in the `extra` of their place. */
export interface ModelInfo {
  readonly tag: FullTag
  /** Python module that loads the model; empty where there is none. */
  readonly module: string
  readonly labels: Readonly<Record<string, string>>
  readonly options: YamlMap
  readonly metadata: YamlMap
  readonly context: ModelContext
  readonly signatures: Readonly<Record<string, ModelSignature>>
  readonly apiVersion: string
  /** ISO 8601 as BentoML writes it; compare with `parseTime`. */
  readonly creationTime: string
  /** `sha256:<hex>` over the model's files; undefined where Python saved the model. */
  readonly digest: string | undefined
  /** Bytes of the model's files; undefined where Python saved the model. */
  readonly size: number | undefined
  /** Node that saved the model, such as `22.12.0`. */
  readonly nodeVersion: string | undefined
  /** Top-level keys of a newer or foreign writer. */
  readonly extra: YamlMap
}

/** What a user gives when saving a model. */
export interface ModelInput {
  labels?: Readonly<Record<string, string>>
  /** Values of any depth that JSON or YAML holds, null left out, which BentoML cannot read. Dates become text. */
  metadata?: Readonly<Record<string, unknown>>
  /** Python module that loads the model, such as `bentoml.onnx`. @default '' */
  module?: string
  /** Options of that module. */
  options?: Readonly<Record<string, unknown>>
  context?: { frameworkName?: string; frameworkVersions?: Readonly<Record<string, string>> }
  signatures?: Readonly<Record<string, ModelSignatureInput>>
  /** @default 'v1' */
  apiVersion?: string
}

/** {@link ModelInput}, checked and copied: the part of a {@link ModelInfo} that a user decides. */
export type CheckedModel = Pick<
  ModelInfo,
  'labels' | 'metadata' | 'module' | 'options' | 'context' | 'signatures' | 'apiVersion'
>

const KEYS = [
  'name',
  'version',
  'module',
  'labels',
  'options',
  'metadata',
  'context',
  'signatures',
  'api_version',
  'creation_time',
]
const CONTEXT_KEYS = ['framework_name', 'framework_versions', 'bentoml_version', 'python_version']
/** Of `node:`, the one key of ours. */
const NODE_KEYS = ['digest', 'size', 'node_version']

/**
 * Reads the text of a model.yaml as tolerantly as BentoML does: `signatures`, the versions in `context` and keys
 * unknown here may lack or be there; the rest must be of its type. Name and version are taken as they are written.
 *
 * @param where path of the file, for the error.
 * @param expected the tag of the folder it lies in; another one inside is an error.
 * @throws `MANIFEST_INVALID` with every problem at once.
 */
export function parseModelInfo(text: string, where: string, expected?: FullTag): ModelInfo {
  const fields = new FieldReader(where)
  const map = fields.document(parseYaml(text, where))
  const tag = readTag(fields, map, expected)
  const node = fields.map(map, 'node', 'node', {})
  const info: ModelInfo = {
    tag,
    module: map.module === null ? '' : fields.text(map, 'module', 'module'),
    labels: fields.textMap(map, 'labels', 'labels'),
    options: fields.map(map, 'options', 'options'),
    metadata: fields.map(map, 'metadata', 'metadata'),
    context: readContext(fields, map),
    signatures: readSignatures(fields, map),
    apiVersion: fields.text(map, 'api_version', 'api_version'),
    creationTime: readTime(fields, map, 'creation_time'),
    digest: isDigest(node.digest) ? node.digest : undefined,
    size: Number.isSafeInteger(node.size) && Number(node.size) >= 0 ? Number(node.size) : undefined,
    nodeVersion: typeof node.node_version === 'string' ? node.node_version : undefined,
    extra: readExtra(map, node),
  }
  fields.finish()
  return info
}

function readContext(fields: FieldReader, map: YamlMap): ModelContext {
  const context = fields.map(map, 'context', 'context')
  // Before BentoML 1.0 there was `pip_dependencies` in place of `framework_versions`.
  const versions = Object.hasOwn(context, 'pip_dependencies') ? {} : undefined
  return {
    frameworkName: fields.text(context, 'framework_name', 'context.framework_name'),
    frameworkVersions: fields.textMap(context, 'framework_versions', 'context.framework_versions', versions),
    bentomlVersion: fields.text(context, 'bentoml_version', 'context.bentoml_version', ''),
    pythonVersion: fields.text(context, 'python_version', 'context.python_version', ''),
    extra: otherKeys(context, CONTEXT_KEYS),
  }
}

function readExtra(map: YamlMap, node: YamlMap): YamlMap {
  const extra = otherKeys(map, [...KEYS, 'node'])
  const rest = otherKeys(node, NODE_KEYS)
  return Object.keys(rest).length === 0 ? extra : { ...extra, node: rest }
}

/** The map that model.yaml holds: BentoML's ten keys in its order, then ours. Also what `bento models get` prints. */
export function modelInfoValue(info: ModelInfo): YamlMap {
  const { node: nodeRest, ...extra } = info.extra
  const node: YamlMap = {
    ...(info.digest === undefined ? {} : { digest: info.digest }),
    ...(info.size === undefined ? {} : { size: info.size }),
    ...(info.nodeVersion === undefined ? {} : { node_version: info.nodeVersion }),
    ...(isYamlMap(nodeRest) ? nodeRest : {}),
  }
  return {
    name: info.tag.name,
    version: info.tag.version,
    module: info.module,
    labels: { ...info.labels },
    options: info.options,
    metadata: info.metadata,
    context: {
      framework_name: info.context.frameworkName,
      framework_versions: { ...info.context.frameworkVersions },
      bentoml_version: info.context.bentomlVersion,
      python_version: info.context.pythonVersion,
      ...info.context.extra,
    },
    signatures: signaturesValue(info.signatures),
    api_version: info.apiVersion,
    creation_time: info.creationTime,
    ...(Object.keys(node).length === 0 ? {} : { node }),
    ...extra,
  }
}

/**
 * Writes model.yaml, as BentoML would but for the quotes of {@link dumpYaml}.
 *
 * @throws `VALUE_INVALID` when it would be too long to be read again.
 */
export function dumpModelInfo(info: ModelInfo, options?: WriteOptions): string {
  const text = dumpYaml(modelInfoValue(info), options)
  if (text.length > MAX_YAML_LENGTH) {
    throw new BentoError('VALUE_INVALID', `The model.yaml of ${info.tag} would have ${text.length} characters.`, {
      hint: `At most ${MAX_YAML_LENGTH} are read; keep large metadata in a file of the model.`,
    })
  }
  return text
}

/**
 * Checks what a user wants saved with a model, and copies it.
 *
 * @param what the model, for the error.
 * @throws `VALUE_INVALID` with every bad path at once: a null in metadata, a label that is no text, undefined,
 * functions, class instances, cycles.
 */
export function checkModelInput(input: ModelInput, what: string): CheckedModel {
  const checker = new ValueChecker()
  const {
    frameworkName = '',
    frameworkVersions = {},
    ...rest
  } = Object.fromEntries(checker.entries(input.context ?? {}, 'context')) as NonNullable<ModelInput['context']>
  const checked: CheckedModel = {
    labels: checker.labels(input.labels ?? {}),
    metadata: checker.map(input.metadata ?? {}, 'metadata', false),
    module: checker.text(input.module ?? '', 'module'),
    options: checker.map(input.options ?? {}, 'options', true),
    context: {
      frameworkName: checker.text(frameworkName, 'context.frameworkName'),
      frameworkVersions: checker.labels(frameworkVersions, 'context.frameworkVersions'),
      bentomlVersion: BENTOML_VERSION,
      pythonVersion: '',
      extra: checker.map(rest, 'context', true),
    },
    signatures: checkSignatures(checker, input.signatures ?? {}),
    apiVersion: checker.text(input.apiVersion ?? 'v1', 'apiVersion'),
  }
  checker.finish(what)
  return checked
}
