import { BentoError } from '../core/errors.js'
import { FieldReader, kindOf, otherKeys } from '../core/fields.js'
import { type FullTag, Tag } from '../core/tag.js'
import { isoTime } from '../core/time.js'
import {
  dumpYaml,
  isYamlMap,
  MAX_YAML_LENGTH,
  parseYaml,
  type WriteOptions,
  type YamlMap,
  type YamlValue,
} from '../core/yaml.js'
import { readTag, readTime } from './manifest-fields.js'

/** A model that a bento uses: an entry of `models` (BentoML, `BentoModelInfo` in `_internal/bento/bento.py`). */
export interface BentoModelRef {
  readonly tag: Tag
  readonly module: string | undefined
  readonly creationTime: string
  readonly alias: string | undefined
  /** `bentoml` for the model store, or `huggingface`. */
  readonly registry: string
  readonly metadata: YamlMap | undefined
  readonly extra: YamlMap
}

/** An entry of `services`. */
export interface BentoServiceInfo {
  readonly name: string
  readonly service: string
  readonly models: readonly BentoModelRef[]
  /** Names, or maps of `service`, `deployment`, `cluster`, `url`. BentoML fails on other keys there. */
  readonly dependencies: readonly YamlValue[]
  readonly config: YamlMap
  readonly extra: YamlMap
}

/** An entry of `envs`. */
export interface BentoEnvInfo {
  readonly name: string
  readonly value: string
  readonly stage: 'all' | 'build' | 'runtime'
  readonly extra: YamlMap
}

/** `image` of a bento of spec 2: what BentoML's `containerize` makes a Dockerfile of. */
export interface BentoImage {
  readonly baseImage: string
  readonly pythonVersion: string
  readonly commands: readonly string[]
  readonly pythonRequirements: string
  readonly postCommands: readonly string[]
  readonly buildInclude: readonly string[]
  readonly extra: YamlMap
}

/** All that bento.yaml says. Immutable; keys unknown here are kept in the `extra` of their place. */
export interface BentoInfo {
  readonly tag: FullTag
  /** Import string of the Python service: `service:Service`. */
  readonly service: string
  readonly bentomlVersion: string
  /** ISO 8601 as BentoML writes it; compare with `parseTime`. */
  readonly creationTime: string
  readonly labels: Readonly<Record<string, string>>
  readonly models: readonly BentoModelRef[]
  readonly entryService: string
  readonly services: readonly BentoServiceInfo[]
  readonly envs: readonly BentoEnvInfo[]
  readonly schema: YamlMap
  readonly args: YamlMap
  /** 2, or 1 for what BentoML before 1.4 made and for every other value, as BentoML has it. */
  readonly spec: 1 | 2
  /** Undefined in spec 1. */
  readonly image: BentoImage | undefined
  /** The Node part, ours. */
  readonly node: YamlMap | undefined
  /** Further top-level keys: `runners`, `apis`, `docker`, `python`, `conda` of spec 1, and what others added. */
  readonly extra: YamlMap
}

const KEYS = [
  'service',
  'name',
  'version',
  'bentoml_version',
  'creation_time',
  'labels',
  'models',
  'entry_service',
  'services',
  'envs',
  'schema',
  'args',
  'spec',
  'image',
  'node',
]
const MODEL_KEYS = ['tag', 'module', 'creation_time', 'alias', 'registry', 'metadata']
const SERVICE_KEYS = ['name', 'service', 'models', 'dependencies', 'config']
const ENV_KEYS = ['name', 'value', 'stage']
const IMAGE_KEYS = ['base_image', 'python_version', 'commands', 'python_requirements', 'post_commands', 'build_include']
/** What a bento without a creation time gets: older than all others, and the same on every read. */
const UNKNOWN_TIME = isoTime(0n)

/**
 * Reads the text of a bento.yaml, of spec 1 or 2, as tolerantly as BentoML does: only `name`, `version` and `service`
 * must be there.
 *
 * @param where path of the file, for the error.
 * @param expected the tag of the folder it lies in; another one inside is an error.
 * @throws `MANIFEST_INVALID` with every problem at once.
 */
export function parseBentoInfo(text: string, where: string, expected?: FullTag): BentoInfo {
  const fields = new FieldReader(where)
  const map = fields.document(parseYaml(text, where))
  const spec = map.spec === 2 ? 2 : 1
  const info: BentoInfo = {
    tag: readTag(fields, map, expected),
    service: fields.text(map, 'service', 'service'),
    bentomlVersion: fields.text(map, 'bentoml_version', 'bentoml_version', ''),
    creationTime: readTime(fields, map, 'creation_time', 'creation_time', UNKNOWN_TIME),
    labels: fields.textMap(map, 'labels', 'labels', {}),
    models: readModels(fields, map, 'models'),
    entryService: fields.text(map, 'entry_service', 'entry_service', ''),
    services: readServices(fields, map),
    envs: readEnvs(fields, map),
    schema: fields.map(map, 'schema', 'schema', {}),
    args: fields.map(map, 'args', 'args', {}),
    spec,
    image: spec === 2 ? readImage(fields, map) : undefined,
    node: Object.hasOwn(map, 'node') ? fields.map(map, 'node', 'node') : undefined,
    extra: otherKeys(map, spec === 2 ? KEYS : KEYS.filter(key => key !== 'image')),
  }
  fields.finish()
  return info
}

/** Entries of a list that must be maps. */
function* maps(fields: FieldReader, map: YamlMap, key: string, path: string): Generator<[YamlMap, string]> {
  for (const [index, item] of fields.list(map, key, path, []).entries()) {
    if (isYamlMap(item)) yield [item, `${path}[${index}]`]
    else fields.problem(`${path}[${index}]`, `is ${kindOf(item)}, not a map`)
  }
}

function readModels(fields: FieldReader, map: YamlMap, path: string): BentoModelRef[] {
  const list = fields.list(map, 'models', path, [])
  // Before BentoML 1.0.0a7 the entries were bare tags.
  if (list.length > 0 && list.every(item => typeof item === 'string')) {
    return list.map((tag, index) => ({
      tag: readModelTag(fields, tag, `${path}[${index}]`),
      module: 'unknown',
      creationTime: UNKNOWN_TIME,
      alias: undefined,
      registry: 'bentoml',
      metadata: undefined,
      extra: {},
    }))
  }
  return [...maps(fields, map, 'models', path)].map(([item, at]) => ({
    tag: readModelTag(fields, fields.text(item, 'tag', `${at}.tag`), `${at}.tag`),
    module: item.module === null || item.module === undefined ? undefined : fields.text(item, 'module', `${at}.module`),
    creationTime: readTime(fields, item, 'creation_time', `${at}.creation_time`, UNKNOWN_TIME),
    alias: item.alias === null || item.alias === undefined ? undefined : fields.text(item, 'alias', `${at}.alias`),
    registry: fields.text(item, 'registry', `${at}.registry`, 'bentoml'),
    metadata: isYamlMap(item.metadata) ? item.metadata : undefined,
    extra: otherKeys(item, MODEL_KEYS),
  }))
}

function readModelTag(fields: FieldReader, text: string, path: string): Tag {
  try {
    return Tag.parse(text)
  } catch {
    fields.problem(path, `${JSON.stringify(text)} is not a valid tag`)
    return new Tag('unknown')
  }
}

function readServices(fields: FieldReader, map: YamlMap): BentoServiceInfo[] {
  return [...maps(fields, map, 'services', 'services')].map(([item, at]) => ({
    name: fields.text(item, 'name', `${at}.name`),
    service: fields.text(item, 'service', `${at}.service`),
    models: readModels(fields, item, `${at}.models`),
    dependencies: fields.list(item, 'dependencies', `${at}.dependencies`, []),
    config: fields.map(item, 'config', `${at}.config`, {}),
    extra: otherKeys(item, SERVICE_KEYS),
  }))
}

function readEnvs(fields: FieldReader, map: YamlMap): BentoEnvInfo[] {
  return [...maps(fields, map, 'envs', 'envs')].map(([item, at]) => {
    const stage = fields.text(item, 'stage', `${at}.stage`, 'all')
    if (stage !== 'all' && stage !== 'build' && stage !== 'runtime') {
      fields.problem(`${at}.stage`, `is ${JSON.stringify(stage)}, not all, build or runtime`)
    }
    return {
      name: fields.text(item, 'name', `${at}.name`),
      value: fields.text(item, 'value', `${at}.value`, ''),
      stage: stage as BentoEnvInfo['stage'],
      extra: otherKeys(item, ENV_KEYS),
    }
  })
}

function readImage(fields: FieldReader, map: YamlMap): BentoImage {
  const image = fields.map(map, 'image', 'image', {})
  return {
    baseImage: fields.text(image, 'base_image', 'image.base_image', ''),
    pythonVersion: fields.text(image, 'python_version', 'image.python_version', ''),
    commands: fields.textList(image, 'commands', 'image.commands', []),
    pythonRequirements: fields.text(image, 'python_requirements', 'image.python_requirements', ''),
    postCommands: fields.textList(image, 'post_commands', 'image.post_commands', []),
    buildInclude: fields.textList(image, 'build_include', 'image.build_include', []),
    extra: otherKeys(image, IMAGE_KEYS),
  }
}

/** Every model a bento uses, of the bento and of its services, each tag once, as BentoML's `all_models`. */
export function allModels(info: BentoInfo): BentoModelRef[] {
  const byTag = new Map<string, BentoModelRef>()
  for (const model of [...info.models, ...info.services.flatMap(service => service.models)]) {
    byTag.set(String(model.tag), model)
  }
  return [...byTag.values()]
}

/** The map that bento.yaml holds, in BentoML's order, then ours. Also what `bento get` prints. */
export function bentoInfoValue(info: BentoInfo): YamlMap {
  return {
    service: info.service,
    name: info.tag.name,
    version: info.tag.version,
    bentoml_version: info.bentomlVersion,
    creation_time: info.creationTime,
    labels: { ...info.labels },
    models: info.models.map(modelValue),
    entry_service: info.entryService,
    services: info.services.map(service => ({
      name: service.name,
      service: service.service,
      models: service.models.map(modelValue),
      dependencies: [...service.dependencies],
      config: service.config,
      ...service.extra,
    })),
    envs: info.envs.map(env => ({ name: env.name, value: env.value, stage: env.stage, ...env.extra })),
    schema: info.schema,
    args: info.args,
    spec: info.spec,
    ...(info.image === undefined ? {} : { image: imageValue(info.image) }),
    ...(info.spec === 2 && info.node !== undefined ? { node: info.node } : {}),
    ...info.extra,
    ...(info.spec === 1 && info.node !== undefined ? { node: info.node } : {}),
  }
}

function modelValue(model: BentoModelRef): YamlMap {
  return {
    tag: String(model.tag),
    module: model.module ?? null,
    creation_time: model.creationTime,
    ...(model.alias === undefined ? {} : { alias: model.alias }),
    ...(model.registry === 'bentoml' ? {} : { registry: model.registry }),
    ...(model.metadata === undefined ? {} : { metadata: model.metadata }),
    ...model.extra,
  }
}

function imageValue(image: BentoImage): YamlMap {
  return {
    base_image: image.baseImage,
    python_version: image.pythonVersion,
    commands: [...image.commands],
    python_requirements: image.pythonRequirements,
    post_commands: [...image.postCommands],
    build_include: [...image.buildInclude],
    ...image.extra,
  }
}

/**
 * Writes bento.yaml, as BentoML would but for the quotes of {@link dumpYaml}.
 *
 * @throws `VALUE_INVALID` when it would be too long to be read again.
 */
export function dumpBentoInfo(info: BentoInfo, options?: WriteOptions): string {
  const text = dumpYaml(bentoInfoValue(info), options)
  if (text.length > MAX_YAML_LENGTH) {
    throw new BentoError('VALUE_INVALID', `The bento.yaml of ${info.tag} would have ${text.length} characters.`, {
      hint: `At most ${MAX_YAML_LENGTH} are read.`,
    })
  }
  return text
}
