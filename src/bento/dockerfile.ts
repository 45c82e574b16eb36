import { dockerCommand, dockerValue } from './docker-value.js'
import { installCommand, type Place } from './install-command.js'
import { DOCKERFILE, ENTRYPOINT, MANIFEST, PACKAGE_JSON, PACKAGE_LOCK, SOURCE } from './layout.js'
import type { BentoEnv } from './types.js'

/** BentoML's own places and ids in an image (`base_v2.j2`), so that whoever knows one image knows the other. */
const HOME = '/home/bentoml'
const BENTO = `${HOME}/bento`
const USER_ID = 1034

/** What an image is made from. */
export interface ImagePlan {
  /** For example `node:24-bookworm-slim`. */
  baseImage: string
  envs: readonly BentoEnv[]
  /** Files and folders below `src/` that the lock points at. */
  installInputs: readonly Place[]
  /** Places of packages whose install scripts the project allows: `node_modules/esbuild`. */
  allowedScripts: readonly string[]
  needsPackages: boolean
  needsModels: boolean
}

/**
 * Text of `env/docker/Dockerfile`. Build it in the bento's folder; where the bento uses models, in one exported with
 * them, since the store keeps models apart. What changes least comes first: packages, then models, then code. Install
 * scripts run only where the project allows them, whatever the image's npm would do by itself.
 *
 * @throws `OPTION_INVALID` when an env can't be written on one line.
 */
export function dockerfileText(plan: ImagePlan): string {
  const steps = [
    `FROM ${plan.baseImage}`,
    `ENV NODE_ENV=production \\\n    BENTO_PATH=${BENTO} \\\n    BENTOML_HOME=${HOME}`,
    `RUN groupadd --gid ${USER_ID} bentoml \\\n` +
      ` && useradd --uid ${USER_ID} --gid ${USER_ID} --home-dir ${HOME} --create-home bentoml`,
    ...plan.envs.filter(env => env.stage !== 'runtime').map(envStep),
    `WORKDIR ${BENTO}/${SOURCE}`,
    ...(plan.needsPackages ? packageSteps(plan) : []),
    `WORKDIR ${BENTO}`,
    ...(plan.needsModels ? ['COPY models/ ./models/'] : []),
    `COPY ${MANIFEST} ./\nCOPY ${dirOf(DOCKERFILE)}/ ./${dirOf(DOCKERFILE)}/\nCOPY ${SOURCE}/ ./${SOURCE}/`,
    'USER bentoml',
    'EXPOSE 3000',
    `ENTRYPOINT ${dockerCommand([`${BENTO}/${ENTRYPOINT}`], ENTRYPOINT)}`,
  ]
  // Docker reads the syntax line only where it is the very first.
  return `# syntax=docker/dockerfile:1\n${steps.join('\n\n')}\n`
}

/** Kept for the whole image, or (stage `build`) only while it is built. */
function envStep(env: BentoEnv): string {
  const value = dockerValue(env.value, `envs.${env.name}`)
  return env.stage === 'build' ? `ARG ${env.name}=${value}` : `ENV ${env.name}=${value}`
}

function packageSteps(plan: ImagePlan): string[] {
  const manifests = [PACKAGE_JSON, PACKAGE_LOCK].map(name => `${SOURCE}/${name}`)
  const inputs = plan.installInputs.map(({ path, folder }) => {
    const slash = folder ? '/' : ''
    return `COPY ${dockerCommand([`${SOURCE}/${path}${slash}`, `./${path}${slash}`], path)}`
  })
  return [[`COPY ${manifests.join(' ')} ./`, ...inputs].join('\n'), `RUN ${installCommand('.', plan.allowedScripts)}`]
}

function dirOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'))
}

/**
 * Text of `env/docker/entrypoint.sh`, used by our image and by the one that Python's `bentoml containerize` makes. A
 * command of the user's own (`docker run … sh`) runs as it is; options and nothing at all go to the service.
 */
export function entrypointText(): string {
  return `#!/bin/sh
# Starts the service of this bento; written by vite-plugin-bento.
set -eu

bento=\${BENTO_PATH:-${BENTO}}

# BentoML's images are started with "serve" or "bentoml serve <folder>".
if [ "\${1:-}" = bentoml ]; then shift; fi
if [ "\${1:-}" = serve ]; then
  shift
  case "\${1:-}" in . | "$bento" | "$bento/") shift ;; esac
elif [ "$#" -gt 0 ] && command -v "$1" >/dev/null 2>&1; then
  exec "$@"
fi

# Inside a container only a server on every interface can be reached.
if [ -z "\${HOST:-}" ] && [ -z "\${BENTOML_HOST:-}" ]; then
  export HOST=0.0.0.0
fi

exec node "$bento/${SOURCE}/server.js" "$@"
`
}
