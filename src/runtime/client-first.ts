import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Server } from 'node:net'
import type { ClientFiles } from './client-files.js'
import { insteadOf404 } from './instead-of-404.js'

/** Puts the client's files before all that a server's own listeners would answer. */
export function serveClientFirst(server: Server, client: ClientFiles): void {
  const emit = server.emit.bind(server) as (event: string | symbol, ...args: unknown[]) => boolean
  server.emit = (event: string | symbol, ...args: unknown[]): boolean => {
    if (event !== 'request') return emit(event, ...args)
    const [request, response] = args as [IncomingMessage, ServerResponse]
    clientFirst(client, request, response, () => emit(event, request, response))
    return true
  }
}

/** Answers with a file of the client's, with the service, or with the client's page where the service knows none. */
export function clientFirst(
  client: ClientFiles,
  request: IncomingMessage,
  response: ServerResponse,
  service: () => void,
): void {
  client.handle(request, response, () => {
    if (client.isPage(request)) insteadOf404(response, () => client.sendFallback(request, response))
    service()
  })
}
