import type { ServiceMode } from './types.js'

/** The port, as the runtime reads it, at an address of this machine. */
const PORT = 'Number(process.env.PORT||process.env.BENTOML_PORT||3000)'
const HOST = "(h=>/^(0\\.0\\.0\\.0|::)?$/.test(h)?'127.0.0.1':h)(process.env.HOST||process.env.BENTOML_HOST||'')"

/**
 * Command that tells whether the service in a container is well: by `/livez` where the server is ours; a program of the
 * user's own only has to take connections.
 */
export function healthCommand(mode: ServiceMode): string[] {
  return ['node', '-e', mode === 'handler' ? LIVEZ : CONNECT]
}

const LIVEZ =
  `require('http').get({port:${PORT},host:${HOST},path:'/livez'},r=>process.exit(r.statusCode<400?0:1))` +
  `.on('error',()=>process.exit(1))`

const CONNECT = `require('net').connect({port:${PORT},host:${HOST}},()=>process.exit(0)).on('error',()=>process.exit(1))`
