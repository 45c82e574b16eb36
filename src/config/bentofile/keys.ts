/** How the value of a key is read. */
export type Kind =
  /** One text; what has no quotes is taken as written. */
  | 'text'
  /** A text or `false`. */
  | 'text or false'
  /** A list of texts. */
  | 'texts'
  /** A map of texts. */
  | 'map of texts'
  /** Whatever YAML can say. */
  | 'value'
  /** A list of requests, or of maps of {@link MODEL_KEYS}. */
  | 'models'
  /** A list of maps of {@link ENV_KEYS}. */
  | 'envs'
  /** A map of texts, or a list of `NAME=value`. */
  | 'variables'

/** A key of a bentofile. */
export interface BentofileKey {
  /** Where it stands: `docker.base_image`. */
  key: string
  /** The option it says: `image.base`. */
  option: string
  kind: Kind
}

/**
 * The keys of a bentofile: BentoML's (`BentoBuildConfig` in `_internal/bento/build_config.py`), then those of our section
 * `node`. `schema/bentofile.json` has the same.
 */
export const BENTOFILE_KEYS: readonly BentofileKey[] = [
  { key: 'service', option: 'service', kind: 'text' },
  { key: 'name', option: 'name', kind: 'text' },
  // BentoML has it on the command line only.
  { key: 'version', option: 'version', kind: 'text' },
  { key: 'description', option: 'description', kind: 'text' },
  { key: 'labels', option: 'labels', kind: 'map of texts' },
  { key: 'include', option: 'include', kind: 'texts' },
  { key: 'exclude', option: 'exclude', kind: 'texts' },
  { key: 'models', option: 'models', kind: 'models' },
  { key: 'envs', option: 'envs', kind: 'envs' },
  { key: 'args', option: 'args', kind: 'value' },
  { key: 'docker.distro', option: 'image.distro', kind: 'text' },
  { key: 'docker.base_image', option: 'image.base', kind: 'text' },
  { key: 'docker.system_packages', option: 'image.systemPackages', kind: 'texts' },
  { key: 'docker.setup_script', option: 'image.setupScript', kind: 'text' },
  { key: 'docker.dockerfile_template', option: 'image.template', kind: 'text' },
  { key: 'docker.env', option: 'envs', kind: 'variables' },
  { key: 'node.version', option: 'image.node', kind: 'text' },
  { key: 'node.commands', option: 'image.commands', kind: 'texts' },
  { key: 'node.post_commands', option: 'image.postCommands', kind: 'texts' },
  { key: 'node.natives', option: 'natives', kind: 'texts' },
  { key: 'node.dependencies.include', option: 'dependencies.include', kind: 'texts' },
  { key: 'node.platforms', option: 'platforms', kind: 'texts' },
  { key: 'node.server', option: 'server', kind: 'text' },
  { key: 'node.trace', option: 'trace', kind: 'value' },
  { key: 'node.client', option: 'client', kind: 'text or false' },
  { key: 'node.openapi', option: 'openapi', kind: 'text' },
]

/** Keys of an entry of `models`. */
export const MODEL_KEYS = ['tag', 'alias']
/** Keys of an entry of `envs`. */
export const ENV_KEYS = ['name', 'value', 'stage']

/** Keys of BentoML that have no meaning here, with the reason and what to write instead. */
export const REFUSED_KEYS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    python:
      'is for services in Python; packages come from package.json and its lockfile, and node.dependencies.include names those that no import shows',
    conda:
      'is for services in Python; libraries of the system come from docker.system_packages, or from an image of your own in docker.base_image',
    'docker.python_version': 'is for services in Python; node.version says which Node the image has',
    'docker.cuda_version': 'has no image with Node; name one with CUDA and Node in docker.base_image',
    'models.filter': 'is not known here; ask for labels in the tag, as in "iris_clf?stage=production"',
  }),
)
