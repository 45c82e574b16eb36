import { BENTOML_VERSION } from '../core/peer.js'
import { compareText, type FullTag } from '../core/tag.js'
import { isYamlMap, type YamlMap, type YamlValue } from '../core/yaml.js'
import { type BentoImage, type BentoInfo, type BentoModelRef, bentoInfoValue } from '../store/bento-info.js'
import { installCommand, type Place } from './install-command.js'
import { PACKAGE_JSON, PACKAGE_LOCK, PYTHON_STUB, SETUP_SCRIPT, SOURCE } from './layout.js'
import { NO_PYTHON_COMMAND } from './no-python.js'
import { systemPackagesCommand } from './system-packages.js'
import type { BentoEnv, ImageOptions, ModelPin, ServiceMode } from './types.js'

/** What a manifest says of the content. */
export interface ManifestFacts {
  name: string
  labels: Readonly<Record<string, string>>
  envs: readonly BentoEnv[]
  args: YamlMap
  pins: readonly ModelPin[]
  mode: ServiceMode
  /** The entry chunk, relative to `src/`. */
  entry: string
  /** Range of Node versions. */
  node: string
  /** `sha256:<hex>` of `src/package-lock.json`. */
  lockDigest: string
  baseImage: string
  image: ImageOptions
  /** Whether `npm ci` has anything to do. */
  needsPackages: boolean
  /** Places in the lock of packages whose install scripts run. */
  allowedScripts: readonly string[]
  /** Whether packages are patched once they are installed. */
  hasPatches: boolean
  installInputs: readonly Place[]
  /** The service as BentoML's clients read it; empty where nothing describes it. */
  schema: YamlMap
}

/** What a manifest says of this one build; no part of the content version. */
export interface BuildFacts {
  tag: FullTag
  creationTime: string
  /** `sha256:<hex>`: see `contentOf`. */
  content: string
  /** `sha256:<hex>` over the bento's files. */
  digest: string
  /** Name and version of this package. */
  tool: string
  /** Name and version of the bundler. */
  bundler: string
}

/** Keys of the `node` map that tell of the build. */
const BUILD_KEYS = ['content', 'digest', 'built_with']

/**
 * Composes `bento.yaml`, spec 2. `service` names the Python stub, through which BentoML's own commands run the bento;
 * `image` is for its `containerize`; the Node part is under `node`, which BentoML passes over.
 */
export function manifestOf(facts: ManifestFacts, build: BuildFacts): BentoInfo {
  return {
    tag: build.tag,
    service: `${PYTHON_STUB.replace('.py', '')}:Service`,
    bentomlVersion: BENTOML_VERSION,
    creationTime: build.creationTime,
    labels: facts.labels,
    models: sortedPins(facts.pins).map(modelRef),
    entryService: facts.name,
    services: [{ name: facts.name, service: '', models: [], dependencies: [], config: {}, extra: {} }],
    envs: facts.envs.map(env => ({ ...env, extra: {} })),
    schema: facts.schema,
    args: facts.args,
    spec: 2,
    image: imageOf(facts),
    node: {
      engines: { node: facts.node },
      mode: facts.mode,
      entry: facts.entry,
      lock: facts.lockDigest,
      content: build.content,
      digest: build.digest,
      built_with: { tool: build.tool, bundler: build.bundler },
    },
    extra: {},
  }
}

/**
 * What of a manifest counts for the content version: all but version, creation times, the versions of tools and the
 * digests over the rest. A model's creation time is left out too; its digest says what it is.
 */
export function identityOf(facts: ManifestFacts, tag: FullTag): YamlMap {
  const blank = { tag, creationTime: '', content: '', digest: '', tool: '', bundler: '' }
  const { version, bentoml_version, creation_time, models, node, ...rest } = bentoInfoValue(manifestOf(facts, blank))
  return {
    ...rest,
    models: listOf(models).map(model => without(model, ['creation_time'])),
    node: without(node, BUILD_KEYS),
  }
}

function listOf(value: YamlValue | undefined): YamlValue[] {
  return Array.isArray(value) ? value : []
}

function without(value: YamlValue | undefined, keys: readonly string[]): YamlMap {
  const entries = value !== undefined && isYamlMap(value) ? Object.entries(value) : []
  return Object.fromEntries(entries.filter(([key]) => !keys.includes(key)))
}

/** Pins in an order that doesn't depend on which import the bundler met first. */
export function sortedPins(pins: readonly ModelPin[]): ModelPin[] {
  return [...pins].sort(
    (a, b) => compareText(a.tag.toString(), b.tag.toString()) || compareText(a.alias ?? '', b.alias ?? ''),
  )
}

function modelRef(pin: ModelPin): BentoModelRef {
  const requests = [...new Set(pin.requests)].sort(compareText)
  return {
    tag: pin.tag,
    module: pin.info.module,
    creationTime: pin.info.creationTime,
    alias: pin.alias,
    registry: 'bentoml',
    metadata: { digest: pin.digest, size: pin.size, requests },
    extra: {},
  }
}

/**
 * How BentoML is to make an image: as ours is made, with no Python in it. BentoML copies `env/docker` before it runs `commands`, and
 * `build_include` before `post_commands`. Its template quotes nothing of this; what stands here has been checked (`image-options.ts`).
 */
function imageOf({ image, ...facts }: ManifestFacts): BentoImage {
  return {
    baseImage: facts.baseImage,
    pythonVersion: '3.11',
    commands: [
      ...(image.systemPackages.length > 0 ? [systemPackagesCommand(image)] : []),
      ...(image.setupScript === undefined ? [] : [`chmod +x ${SETUP_SCRIPT} && ./${SETUP_SCRIPT}`]),
      ...image.commands,
      NO_PYTHON_COMMAND,
    ],
    pythonRequirements: '',
    postCommands: [
      ...(facts.needsPackages
        ? [`${installCommand(SOURCE, facts.allowedScripts, facts.hasPatches)} && npm cache clean --force`]
        : []),
      ...image.postCommands,
    ],
    buildInclude: facts.needsPackages ? buildInclude(facts.installInputs) : [],
    extra: {},
  }
}

/** BentoML copies each by a `COPY` without quotes: where one of them has a name that needs some, it copies all of `src/`. */
function buildInclude(inputs: readonly Place[]): string[] {
  const paths = [PACKAGE_JSON, PACKAGE_LOCK, ...inputs.map(({ path }) => path)]
  return paths.every(path => /^[\w.@+-][\w.@+/-]*$/.test(path)) ? paths : ['.']
}
