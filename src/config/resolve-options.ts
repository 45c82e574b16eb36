import { imageProblems } from '../bento/image-options.js'
import type { BentoEnv, ImageOptions } from '../bento/types.js'
import { isBentoError } from '../core/errors.js'
import { parseModelRequest } from '../core/request.js'
import { isTagPart } from '../core/tag.js'
import { argsOption } from './args.js'
import {
  Check,
  hasControlCharacters,
  invalidOptions,
  isPlain,
  kindOf,
  type Problem,
  quote,
  show,
  unknownNames,
} from './check.js'
import { type BentoOptions, IMAGE_OPTION_NAMES, OPTION_NAMES } from './options.js'

/** {@link BentoOptions} checked, with every default that needs no project applied. */
export interface ResolvedOptions {
  service: string | undefined
  name: string | undefined
  version: string
  labels: Record<string, string>
  description: string | undefined
  envs: BentoEnv[]
  args: Record<string, unknown>
  models: { request: string; alias: string | undefined }[]
  store: string | undefined
  server: 'auto' | 'handler' | 'program'
  include: string[]
  exclude: string[]
  trace: boolean
  /** Undefined: the client that the build itself makes. */
  client: string | false | undefined
  openapi: string | undefined
  image: ImageOptions
  platforms: string[]
  includeDependencies: string[]
  /** As given: `name` adds, `!name` removes. */
  natives: string[]
  watch: boolean
  report: string | undefined
}

const ENV_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/
const PACKAGE_NAME = /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/i
/** BentoML's way to name a service: `service:Iris`, `pkg.service:svc`. */
const PYTHON_SERVICE = /^[A-Za-z_][\w.]*:[A-Za-z_]\w*$/
/** `linux/amd64`, `linux/arm64/v8`, `linux/arm64/musl`: checked in full where the lock is at hand. */
const PLATFORM = /^[a-z0-9]+\/[a-z0-9_]+(?:\/[a-z0-9]+)?$/

/** What {@link checkOptions} found. */
export interface CheckedOptions {
  /** Meaningless where there are problems. */
  options: ResolvedOptions
  problems: Problem[]
  /** About names that are no options. */
  warnings: string[]
}

/**
 * Checks options and throws for what is wrong.
 *
 * @param where who gave them, for the error and the warnings: `bento()`
 * @returns the options, and warnings about names that are no options.
 * @throws `OPTION_INVALID` naming every wrong option at once.
 */
export function resolveOptions(
  input: unknown = {},
  where = 'bento()',
): { options: ResolvedOptions; warnings: string[] } {
  const { options, problems, warnings } = checkOptions(input, where)
  if (problems.length > 0) throw invalidOptions(problems, where)
  return { options, warnings }
}

/** Checks options; the first problem is without a name where they are no object at all. */
export function checkOptions(input: unknown, where: string): CheckedOptions {
  const check = new Check()
  if (!isPlain(input)) check.wrong('', `must be an object, not ${kindOf(input)}`)
  const given = (isPlain(input) ? input : {}) as { [name in keyof BentoOptions]: unknown }
  const options: ResolvedOptions = {
    service: serviceOption(check, given.service),
    name: nameOption(check, given.name),
    version: versionOption(check, given.version),
    labels: check.record('labels', given.labels),
    description: check.text('description', given.description),
    envs: envsOption(check, given.envs),
    args: argsOption(check, given.args),
    models: modelsOption(check, given.models),
    store: check.text('store', given.store),
    server: check.oneOf('server', given.server, ['auto', 'handler', 'program'], 'auto'),
    include: check.lines('include', given.include),
    exclude: check.lines('exclude', given.exclude),
    trace: check.flag('trace', given.trace, true),
    client: given.client === false ? false : check.text('client', given.client),
    openapi: check.text('openapi', given.openapi),
    image: imageOption(check, given.image),
    platforms: platformsOption(check, given.platforms),
    includeDependencies: dependenciesOption(check, given.dependencies),
    natives: packagesOption(check, 'natives', given.natives, /^!/),
    watch: check.flag('watch', given.watch),
    report: check.text('report', given.report),
  }
  const unknown = unknownNames(Object.keys(given), OPTION_NAMES, `option of ${where}`)
  return { options, problems: check.problems, warnings: [...unknown, ...check.warnings] }
}

function serviceOption(check: Check, value: unknown): string | undefined {
  const service = check.text('service', value)
  if (service !== undefined && PYTHON_SERVICE.test(service)) {
    check.wrong('service', `names a class of Python, ${quote(service)}; name the module: "src/service.ts"`)
  }
  return service
}

function nameOption(check: Check, value: unknown): string | undefined {
  const name = check.text('name', value)?.toLowerCase()
  if (name !== undefined && !isTagPart(name)) check.wrong('name', `is not a valid name: ${quote(name)}`)
  return name
}

function versionOption(check: Check, value: unknown): string {
  const version = check.text('version', value)?.toLowerCase() ?? 'content'
  if (version === 'latest') check.wrong('version', 'must not be "latest", which names the newest version')
  else if (!isTagPart(version)) check.wrong('version', `is not a valid version: ${quote(version)}`)
  return version
}

function envsOption(check: Check, value: unknown): BentoEnv[] {
  const list = Array.isArray(value)
    ? value.map((item, index) => envOption(check, `envs[${index}]`, item))
    : Object.entries(check.record('envs', value)).map(([name, text]) =>
        envOption(check, `envs.${name}`, { name, value: text }),
      )
  const envs = list.filter(env => env !== undefined)
  for (const [index, { name }] of envs.entries()) {
    if (envs.findIndex(env => env.name === name) !== index) check.wrong('envs', `names ${name} twice`)
  }
  return envs
}

function envOption(check: Check, where: string, item: unknown): BentoEnv | undefined {
  if (!isPlain(item)) {
    check.wrong(where, `must be { name, value, stage }, not ${kindOf(item)}`)
    return undefined
  }
  const { name, value } = item
  if (typeof name !== 'string' || !ENV_NAME.test(name)) {
    check.wrong(where, `has no valid name of a variable: ${show(name)}`)
  }
  if (typeof value !== 'string') check.wrong(where, `has a value that is ${kindOf(value)}, not text`)
  else if (hasControlCharacters(value)) check.wrong(where, 'has a value with a line break or another control character')
  const stage = check.oneOf(`${where}.stage`, item.stage, ['all', 'build', 'runtime'], 'all')
  return typeof name === 'string' && typeof value === 'string' ? { name, value, stage } : undefined
}

function modelsOption(check: Check, value: unknown): ResolvedOptions['models'] {
  const models = check.list('models', value).flatMap((item, index) => modelOption(check, `models[${index}]`, item))
  for (const [index, { alias }] of models.entries()) {
    const first = models.findIndex(model => model.alias === alias)
    if (alias !== undefined && first !== index) check.wrong('models', `gives the alias ${quote(alias)} twice`)
  }
  return models
}

function modelOption(check: Check, where: string, item: unknown): ResolvedOptions['models'] {
  const { tag, alias } = typeof item === 'string' ? { tag: item, alias: undefined } : isPlain(item) ? item : {}
  if (typeof tag !== 'string') {
    check.wrong(where, `must be a model request or { tag, alias }, not ${kindOf(item)}`)
    return []
  }
  if (alias !== undefined && (typeof alias !== 'string' || !isTagPart(alias))) {
    check.wrong(where, `has an alias that is not a valid name: ${show(alias)}`)
    return []
  }
  try {
    return [{ request: parseModelRequest(tag).text, alias }]
  } catch (error) {
    if (!isBentoError(error)) throw error
    check.wrong(where, `is wrong: ${error.reason.replace(/\.$/, '')}`)
    return []
  }
}

function imageOption(check: Check, value: unknown): ImageOptions {
  const given = check.group('image', value, IMAGE_OPTION_NAMES) ?? {}
  const image: ImageOptions = {
    base: check.line('image.base', given.base),
    distro: check.oneOf('image.distro', given.distro, ['debian', 'alpine'], 'debian'),
    node: check.line('image.node', given.node),
    systemPackages: check.lines('image.systemPackages', given.systemPackages),
    setupScript: check.text('image.setupScript', given.setupScript),
    commands: check.lines('image.commands', given.commands),
    postCommands: check.lines('image.postCommands', given.postCommands),
    template: check.text('image.template', given.template),
  }
  for (const { name, why } of imageProblems(image)) check.wrong(name, why)
  return image
}

function platformsOption(check: Check, value: unknown): string[] {
  const platforms = check.lines('platforms', value)
  for (const platform of platforms) {
    if (!PLATFORM.test(platform)) check.wrong('platforms', `holds ${quote(platform)}, which is not like "linux/amd64"`)
  }
  return platforms
}

function dependenciesOption(check: Check, value: unknown): string[] {
  const given = check.group('dependencies', value, ['include'])
  return packagesOption(check, 'dependencies.include', given?.include)
}

function packagesOption(check: Check, name: string, value: unknown, prefix = /^(?!)/): string[] {
  const names = check.list(name, value)
  for (const item of names) {
    if (typeof item !== 'string' || !PACKAGE_NAME.test(item.replace(prefix, ''))) {
      check.wrong(name, `holds ${show(item)}, which is not the name of a package`)
    }
  }
  return names as string[]
}
