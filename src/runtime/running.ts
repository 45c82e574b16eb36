import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http'
import type { Server } from 'node:net'

/** A service that listens. */
export interface Running {
  server: Server
  /** Takes no new connections, and resolves once every request has been answered. */
  close(): Promise<void>
}

/** How often connections that have become idle are closed while stopping, in milliseconds. */
const IDLE_SWEEP = 50

/** Told of each request; what it returns is told when the answer is sent or given up. */
export type RequestWatch = (request: IncomingMessage, response: ServerResponse) => (() => void) | undefined

/**
 * Prepares a server to be closed gracefully.
 *
 * Node closes the connections that are idle at that moment; one that is still answering would stay open for its
 * keep-alive time afterwards. So every answer given from then on says that its connection ends, and what has become
 * idle all the same is swept.
 *
 * @param watch is told of each request here, since further listeners would cost each more than what they do
 * @returns closes the server, and resolves once every request has been answered
 */
export function closable(server: Server, watch?: RequestWatch): () => Promise<void> {
  const http = server as Partial<HttpServer> & Server
  const answers = new Set<ServerResponse>()
  let stopping = false
  const endConnection = (response: ServerResponse) => {
    if (!response.headersSent) response.setHeader('connection', 'close')
  }
  server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
    const ended = watch?.(request, response)
    if (stopping) endConnection(response)
    else answers.add(response)
    response.on('close', () => {
      answers.delete(response)
      ended?.()
    })
  })
  return () =>
    new Promise(resolve => {
      stopping = true
      answers.forEach(endConnection)
      const sweep = setInterval(() => http.closeIdleConnections?.(), IDLE_SWEEP)
      server.close(() => {
        clearInterval(sweep)
        resolve()
      })
    })
}
