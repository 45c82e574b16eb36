import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

/** A variable may hold another; one that holds itself would never come to rest. */
const MAX_ROUNDS = 32

/**
 * The store home: `BENTOML_HOME`, in which `~`, `$NAME` and `${NAME}` are expanded until nothing changes
 * (BentoML, `_internal/configuration/__init__.py`), else `~/bentoml`. Absolute.
 *
 * Unset variables stay as they are written. An empty `BENTOML_HOME` counts as not set.
 */
export function bentoHome(env: NodeJS.ProcessEnv = process.env): string {
  let path = env.BENTOML_HOME || join('~', 'bentoml')
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const next = expandUser(expandVariables(path, env), env)
    if (next === path) break
    path = next
  }
  return resolve(path)
}

function expandVariables(path: string, env: NodeJS.ProcessEnv): string {
  const posix = path.replace(
    /\$(?:(\w+)|\{([^}]*)\})/g,
    (text, bare: string | undefined, braced: string | undefined) => {
      return env[bare ?? braced ?? ''] ?? text
    },
  )
  if (process.platform !== 'win32') return posix
  return posix.replace(/%([^%]+)%/g, (text, name: string) => env[name] ?? text)
}

function expandUser(path: string, env: NodeJS.ProcessEnv): string {
  if (!/^~(?:[/\\]|$)/.test(path)) return path
  const home = (process.platform === 'win32' ? env.USERPROFILE : env.HOME) || homedir()
  return join(home, path.slice(1))
}
