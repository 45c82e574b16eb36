import { SERVER } from './layout.js'
import type { BentoEnv } from './types.js'

/** What the stub has to know. */
interface StubFacts {
  /** The bento's name. */
  name: string
  envs: readonly BentoEnv[]
  /** Whether the lock holds any package. */
  needsPackages: boolean
}

/**
 * Python source of `src/service.py`: a BentoML service that starts Node and lets BentoML proxy to it, so that
 * `bentoml serve <tag>` serves a Node bento.
 *
 * - Node resolves packages from the file's own folder upwards and a stored bento has no `node_modules`. So `node` runs
 *   the code in place only where packages are within reach (an image, an unpacked bento after `npm ci`) or none are
 *   needed; else `bento serve` does, which installs the locked packages once and runs a copy.
 * - BentoML imports this file in its main process and again in the worker. A port is picked once and handed on through
 *   the environment, so that two services on one machine never proxy to each other.
 * - BentoML starts the command in a working directory of its own, so that the command changes to the service's, `src/`;
 *   and it expands `$NAME` in it. Of the bento's variables it sets none.
 * - BentoML answers `/schema.json` itself, of which its clients make their methods: with the routes of the Python service, which
 *   has none. So the service gets the schema of the bento, where it has one; its class has slots, and takes no attribute.
 * - BentoML waits for a health route that doesn't answer 404, but an app that brings its own server need not have one.
 */
export function pythonStub({ name, envs, needsPackages }: StubFacts): string {
  const variables = envs
    .filter(({ stage, value }) => stage !== 'build' && value !== '')
    // A JSON text without control characters, which envs have none of, is one in Python too.
    .map(env => `    ${JSON.stringify(env.name)}: ${JSON.stringify(env.value)},\n`)
  return `"""Starts this bento's Node service under Python's "bentoml serve".

BentoML runs the command below and proxies every request to it (needs "fastapi" beside "bentoml").
Written by vite-plugin-bento; without BentoML, run "bento serve" instead.
"""

import json
import os
import shutil
import socket
from pathlib import Path

import bentoml

NEEDS_PACKAGES = ${needsPackages ? 'True' : 'False'}
VARIABLES = {${variables.length > 0 ? `\n${variables.join('')}` : ''}}
SOURCE = Path(__file__).resolve().parent
SCHEMA = SOURCE.parent / "apis" / "schema.json"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def packages_in_reach() -> bool:
    return any((folder / "node_modules").is_dir() for folder in (SOURCE, *SOURCE.parents))


def accept_any_answer() -> None:
    # BentoML gives up where the health route is a 404. The service may have none: whatever it answers, it is up.
    try:
        from _bentoml_impl.server import proxy
    except ImportError:
        return

    async def answers(client, endpoint) -> bool:
        try:
            async with client.get(endpoint) as response:
                return response.status < 500
        except Exception:
            return False

    proxy._check_health = answers


def command(port: str) -> list[str]:
    if NEEDS_PACKAGES and not packages_in_reach():
        bento = shutil.which("bento")
        if bento is None:
            raise RuntimeError(
                "This bento runs on Node and its packages are not installed. Put the 'bento' command on the PATH "
                "(npm install --global vite-plugin-bento): it installs them once and runs the service."
            )
        return [bento, "serve", str(SOURCE.parent), "--port", port, "--host", "127.0.0.1"]
    node = shutil.which("node")
    if node is None:
        raise RuntimeError("This bento runs on Node, and there is no 'node' on the PATH.")
    start = 'cd "$1" && PORT="$2" HOST=127.0.0.1 exec "$3" ${SERVER}'
    return ["sh", "-c", start, "sh", str(SOURCE), port, node]


accept_any_answer()

for variable, value in VARIABLES.items():
    os.environ.setdefault(variable, value)

# Inherited by the worker, which imports this file again and must find the same port.
PORT = os.environ.setdefault("BENTO_NODE_PORT", str(free_port()))


@bentoml.service(
    name=${JSON.stringify(name)},
    cmd=[word.replace("$", "$$") for word in command(PORT)],
    endpoints={"livez": "/livez", "readyz": "/readyz"},
    http={"proxy_port": int(PORT)},
)
class Service:
    pass


if SCHEMA.is_file():
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    described = {"__slots__": (), "schema": lambda self: schema}
    Service.__class__ = type("DescribedService", (type(Service),), described)
`
}
