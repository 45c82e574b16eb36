import { usageError } from '../problem.js'

/** An option of the builder that stands for an `--opt`, as in BentoML. */
interface BuilderOption {
  name: string
  /** What its value is called; undefined where it takes none. */
  value?: string
  help: string
}

/** BentoML's "equivalent options" (`bentoml_cli/containerize.py`), those of all builders first, then buildx's. */
export const SAME_AS_OPT: readonly BuilderOption[] = [
  { name: 'build-arg', value: 'name=value', help: 'variable of the build: HTTPS_PROXY=…' },
  { name: 'label', value: 'name=value', help: 'label of the image' },
  {
    name: 'secret',
    value: 'id=name,src=path',
    help: 'file that the build may read and the image does not keep; npm reads that of id npmrc',
  },
  { name: 'no-cache', help: 'make every layer anew' },
  { name: 'pull', help: 'look for a newer base image' },
  { name: 'network', value: 'mode', help: 'network of the build' },
  { name: 'add-host', value: 'host:ip', help: 'a host name that the build knows' },
  { name: 'ssh', value: 'default', help: 'SSH agent or key for the build' },
  { name: 'output', value: 'type=…,dest=…', help: 'where the result goes, in place of the images of this machine' },
  { name: 'cache-from', value: 'source', help: 'images to take layers from' },
  { name: 'iidfile', value: 'path', help: 'file for the id of the image' },
  { name: 'progress', value: 'auto|plain', help: 'how the builder shows its progress' },
  { name: 'target', value: 'stage', help: 'stage to build' },
  { name: 'load', help: 'buildx: put the image into Docker' },
  { name: 'builder', value: 'name', help: 'buildx: the builder instance' },
  { name: 'cache-to', value: 'destination', help: 'buildx: where to keep layers' },
  { name: 'build-context', value: 'name=path', help: 'buildx: a further context' },
  { name: 'allow', value: 'entitlement', help: 'buildx: what the build may do beyond' },
  { name: 'attest', value: 'type=…', help: 'buildx: attestation of the image' },
  { name: 'provenance', value: 'mode', help: 'buildx: provenance of the image' },
  { name: 'sbom', value: 'mode', help: 'buildx: SBOM of the image' },
  { name: 'metadata-file', value: 'path', help: 'buildx: file for what was built' },
  { name: 'no-cache-filter', value: 'stage', help: 'buildx: stages to make anew' },
  { name: 'cgroup-parent', value: 'name', help: 'parent cgroup of the build' },
  { name: 'ulimit', value: 'limit', help: 'limit of the build' },
  { name: 'shm-size', value: 'size', help: 'size of /dev/shm in the build' },
]

/**
 * Reads `--opt`, as BentoML has it: `no-cache`, `target=foo`, `build-arg=FOO=BAR`, `iidfile:/path`.
 *
 * @throws `USAGE`
 */
export function readBuilderOption(text: string): [name: string, value: string | true] {
  const [, name, value] = /^(?:--)?([a-z][a-z0-9-]*)(?:[=:](.*))?$/s.exec(text) ?? []
  if (name === undefined) {
    throw usageError(`${JSON.stringify(text)} is no option of a builder.`, 'Write --opt name, or --opt name=value.')
  }
  return [name, value ?? true]
}
