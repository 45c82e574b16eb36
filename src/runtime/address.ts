import { StartFailure } from './failure.js'

/** Where the service listens. */
export interface Address {
  /** 0 means any free port. */
  port: number
  host: string
}

/**
 * Reads the address from the environment: `PORT` and `HOST`, then `BENTOML_PORT` and `BENTOML_HOST`, else BentoML's
 * own defaults, port 3000 on every interface. An empty variable counts as unset.
 *
 * @throws StartFailure when the port is not a number from 0 to 65535.
 */
export function addressFrom(env: NodeJS.ProcessEnv): Address {
  const portName = env.PORT ? 'PORT' : 'BENTOML_PORT'
  const text = (env[portName] || '3000').trim()
  const port = Number(text)
  if (!/^\d+$/.test(text) || port > 65535) {
    throw new StartFailure(`${portName} is ${JSON.stringify(env[portName])}, not a port number from 0 to 65535.`)
  }
  return { port, host: env.HOST || env.BENTOML_HOST || '0.0.0.0' }
}

/** A URL a person can open: every-interface addresses are shown as `localhost`. */
export function urlOf(protocol: 'http' | 'https', host: string, port: number): string {
  const shown = ['0.0.0.0', '::', ''].includes(host) ? 'localhost' : host.includes(':') ? `[${host}]` : host
  return `${protocol}://${shown}:${port}`
}
