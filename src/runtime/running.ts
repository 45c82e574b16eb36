import type { Server as HttpServer } from 'node:http'
import type { Server } from 'node:net'

/** A service that listens. */
export interface Running {
  server: Server
  /** Takes no new connections, and resolves once every request has been answered. */
  close(): Promise<void>
}

/** How often connections that have become idle are closed while stopping, in milliseconds. */
const IDLE_SWEEP = 50

/**
 * Closes a server gracefully. Node closes the connections that are idle at that moment; one that is still answering
 * would stay open for its keep-alive time afterwards, so they are swept.
 */
export function closeServer(server: Server): Promise<void> {
  const http = server as Partial<HttpServer> & Server
  server.prependListener('request', (_request, response) => response.setHeader('connection', 'close'))
  const sweep = setInterval(() => http.closeIdleConnections?.(), IDLE_SWEEP)
  return new Promise(resolve => {
    server.close(() => {
      clearInterval(sweep)
      resolve()
    })
  })
}
