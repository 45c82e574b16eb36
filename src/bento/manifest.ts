import { BENTOML_VERSION } from '../core/peer.js'
import { compareText, type FullTag } from '../core/tag.js'
import { isYamlMap, type YamlMap, type YamlValue } from '../core/yaml.js'
import { type BentoImage, type BentoInfo, type BentoModelRef, bentoInfoValue } from '../store/bento-info.js'
import { installCommand, type Place } from './install-command.js'
import { PACKAGE_JSON, PACKAGE_LOCK, PYTHON_STUB, SOURCE } from './layout.js'
import type { BentoEnv, ModelPin, ServiceMode } from './types.js'

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
  /** Whether `npm ci` has anything to do. */
  needsPackages: boolean
  /** Places in the lock of packages whose install scripts run. */
  allowedScripts: readonly string[]
  installInputs: readonly Place[]
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
    schema: {},
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
 * How BentoML is to make an image. It wants a Python environment in each, so Debian's Python and uv are put into the
 * Node image first; packages are installed from the lock before the code is copied.
 */
function imageOf(facts: ManifestFacts): BentoImage {
  return {
    baseImage: facts.baseImage,
    pythonVersion: '3.11',
    commands: [
      'apt-get update && apt-get install -y --no-install-recommends python3 python3-pip python3-venv && ' +
        'rm -rf /var/lib/apt/lists/*',
      'pip install --no-cache-dir --break-system-packages uv',
    ],
    pythonRequirements: '',
    postCommands: facts.needsPackages ? [installCommand(SOURCE, facts.allowedScripts)] : [],
    buildInclude: facts.needsPackages
      ? [PACKAGE_JSON, PACKAGE_LOCK, ...facts.installInputs.map(({ path }) => path)]
      : [],
    extra: {},
  }
}
