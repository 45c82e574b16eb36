import { join, resolve } from 'node:path'
import { SOURCE } from '../bento/layout.js'
import { BentoError } from '../core/errors.js'
import { bentoHome } from '../core/home.js'
import { findBento } from './bento-source.js'
import { runServer } from './child.js'
import { checkEngines } from './engines.js'
import { bentoVariables, type Environment, withVariables } from './environment.js'
import { prepareEnvironment } from './install.js'
import { holdSignals } from './interruption.js'
import { copyForRun } from './run-copy.js'

/** What to serve, and how. */
export interface ServeOptions {
  /** A tag in the store (`iris`, `iris:latest`, `iris:v2`, a unique prefix), or a folder with a `bento.yaml`. */
  bento: string
  /** Store home. @default BENTOML_HOME, else ~/bentoml */
  home?: string
  /** 0 takes any free port. @default what PORT or BENTOML_PORT says, else 3000 */
  port?: number
  /** @default what HOST or BENTOML_HOST says, else 0.0.0.0 */
  host?: string
  /** Arguments for the service itself. */
  args?: readonly string[]
  /** Environment for install and service. What it sets wins over the bento's own `envs`. @default process.env */
  env?: Environment
  /** Told what goes on before the service starts, a line each time. */
  onLine?: (line: string) => void
}

/**
 * Serves a bento until it ends: installs its locked packages once per lock, then runs a copy of its `src/` with this
 * process's input and output. SIGINT, SIGTERM and SIGHUP are handed on to it.
 *
 * The service's working directory is its copied `src/`; `BENTO_PATH` is the bento's folder and `BENTOML_HOME` the
 * store's, so that it finds its models.
 *
 * @returns the service's exit code
 * @throws `ENGINE_MISMATCH`, `INSTALL_FAILED`, `SERVE_FAILED`, `OPTION_INVALID`; `TAG_NOT_FOUND` and others of the store,
 *   `LOCK_INVALID` and others of the lock; all before the service starts
 *
 * @example
 * ```ts
 * process.exitCode = await serveBento({ bento: 'iris:latest', port: 3000 })
 * ```
 */
export async function serveBento(options: ServeOptions): Promise<number> {
  const { port, host, args = [], env = process.env, onLine = () => {} } = options
  const home = resolve(options.home ?? bentoHome(env))
  const address = {
    ...(port === undefined ? {} : { PORT: checkPort(port) }),
    ...(host === undefined ? {} : { HOST: host }),
  }
  const bento = await findBento(options.bento, home)
  checkEngines(bento.packageJson, bento.tag)
  const interruption = holdSignals('SERVE_FAILED', 'the service started')
  try {
    const { signal } = interruption
    const source = join(bento.path, SOURCE)
    const environment = await prepareEnvironment({ source, home, envs: bento.envs, env, signal, onLine })
    const copy = await copyForRun(bento, environment, home)
    try {
      signal.throwIfAborted()
      const variables = { ...address, BENTO_PATH: bento.path, BENTOML_HOME: home }
      const inherited = { ...env, ...bentoVariables(bento.envs, 'run', env) }
      return await runServer(copy.source, args, withVariables(inherited, variables))
    } finally {
      await copy.release()
    }
  } finally {
    interruption.release()
  }
}

function checkPort(port: number): string {
  if (Number.isInteger(port) && port >= 0 && port <= 65535) return String(port)
  throw new BentoError('OPTION_INVALID', `${port} is not a port.`, { hint: 'Ports are whole numbers from 0 to 65535.' })
}
