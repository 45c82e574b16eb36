/**
 * Where everything lies in a bento, as POSIX paths relative to its folder. The shape is BentoML's
 * (`_internal/bento/bento.py`, `Bento.create`); `SHA256SUMS` and `sbom.cdx.json` are ours.
 */

/** The manifest. */
export const MANIFEST = 'bento.yaml'
export const README = 'README.md'
/** CycloneDX bill of materials. */
export const SBOM = 'sbom.cdx.json'
export const DOCKERFILE = 'env/docker/Dockerfile'
export const ENTRYPOINT = 'env/docker/entrypoint.sh'
/** The option `image.setupScript`, where it is given. */
export const SETUP_SCRIPT = 'env/docker/setup_script'
/** Stands in for uv where BentoML makes the image: see `no-python.ts`. */
export const NO_PYTHON = 'env/docker/no-python.sh'
/** Always empty: BentoML's `containerize` wants the file. */
export const REQUIREMENTS = 'env/python/requirements.txt'

/** The service's OpenAPI document: for people and BentoML, and as the runtime serves it. */
export const OPENAPI_YAML = 'apis/openapi.yaml'
export const OPENAPI_JSON = 'apis/openapi.json'
/** The service as BentoML's clients read it. */
export const SCHEMA = 'apis/schema.json'

/** The folder that holds the runnable npm package. The names below lie in it. */
export const SOURCE = 'src'
/** What `node` runs. */
export const SERVER = 'server.js'
/** Name of the entry chunk in handler mode wherever the plugin owns the naming. */
export const SERVICE = 'service.js'
/** The HTTP server of handler mode: our package's `dist/runtime/server.js`. */
export const RUNTIME = 'bento-runtime.js'
/** What that server loads for `/metrics`: our package's `dist/runtime/bento-metrics.js`. */
export const METRICS = 'bento-metrics.js'
/** The folder of the web client. */
export const CLIENT = 'client'
/** The stub through which Python's `bentoml serve` starts Node. */
export const PYTHON_STUB = 'service.py'
export const PACKAGE_JSON = 'package.json'
export const PACKAGE_LOCK = 'package-lock.json'
/** Only where `npm ci` needs an option of the project's; never holds a credential. */
export const NPMRC = '.npmrc'

/** Folder of the patches that the bento's packages need, of what applies them, and of the list of both. */
export const PATCHES = 'bento-patches'
/** Our package's `dist/runtime/apply-patches.js`. */
export const PATCHER = `${PATCHES}/apply.js`
export const PATCH_LIST = `${PATCHES}/list.json`

/** Files of `src/` that the assembling writes itself: a build that emits one of them is in conflict. */
export const OWN_SOURCES: readonly string[] = [
  PACKAGE_JSON,
  PACKAGE_LOCK,
  PYTHON_STUB,
  RUNTIME,
  METRICS,
  PATCHER,
  PATCH_LIST,
]

/** BentoML's own places in an image (`base_v2.j2`), so that whoever knows one image knows the other. */
export const IMAGE_HOME = '/home/bentoml'
export const IMAGE_BENTO = `${IMAGE_HOME}/bento`
