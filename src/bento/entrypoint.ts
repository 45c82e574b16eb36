import { shellWord } from './install-command.js'
import { IMAGE_BENTO, SERVER, SOURCE } from './layout.js'
import type { BentoEnv } from './types.js'

/**
 * Text of `env/docker/entrypoint.sh`, used by our image and by the one that Python's `bentoml containerize` makes, which
 * leaves out the variables of stage `runtime`. A command of the user's own (`docker run … sh`) runs as it is; options
 * and nothing at all go to the service. It writes nothing, so that the image also runs with a read-only file system.
 */
export function entrypointText(envs: readonly BentoEnv[]): string {
  const defaults = envs
    .filter(({ stage, value }) => stage === 'runtime' && value !== '')
    .map(({ name, value }) => `[ -n "\${${name}+set}" ] || export ${name}=${shellWord(value)}\n`)
  return `#!/bin/sh
# Starts the service of this bento; written by vite-plugin-bento.
set -eu

bento=\${BENTO_PATH:-${IMAGE_BENTO}}
${defaults.length > 0 ? `\n${defaults.join('')}` : ''}
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

# The service's working directory, from where it may read its files.
cd "$bento/${SOURCE}"
exec node ${SERVER} "$@"
`
}
