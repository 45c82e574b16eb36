import { IMAGE_BENTO, NO_PYTHON } from './layout.js'

/** Where root's programs come first on the PATH of Debian and Alpine. */
const UV = '/usr/local/sbin/uv'

/** Shell command that puts {@link noPythonText} in uv's place; the script takes itself away again. */
export const NO_PYTHON_COMMAND = `mkdir -p /usr/local/sbin && cp ${NO_PYTHON} ${UV} && chmod 755 ${UV}`

/**
 * Text of `env/docker/no-python.sh`. The Dockerfile that Python's `bentoml containerize` makes of every bento
 * (`base_v2.j2`) wants uv of at least 0.13.4, has it make `/app/.venv` and install requirements, which a Node bento has none of. This
 * answers in uv's place, so that such an image needs no Python at all; its last task done, it is gone, and with it what hid a uv of
 * the base image's own.
 */
export function noPythonText(): string {
  return `#!/bin/sh
# Answers for uv while "bentoml containerize" makes an image: this bento needs no Python. Written by vite-plugin-bento.
set -eu

for word in "$@"; do
  case "$word" in
    --version) echo "uv 1.0.0"; exit 0 ;;
    venv) mkdir -p /app/.venv/bin; exit 0 ;;
    pip) rm -f "$0"; exit 0 ;;
  esac
done
echo "uv: ${IMAGE_BENTO}/${NO_PYTHON} stands here in uv's place, and knows only what bentoml containerize asks." >&2
exit 2
`
}
