import { Server } from 'node:net'

/** What a service's own code listens on. */
export interface ListenWatch {
  /** Servers that were told to listen while watched, in order. */
  readonly servers: readonly Server[]
  /** Ports that were asked for; 0 and sockets in the file system are left out. */
  readonly ports: ReadonlySet<number>
  /** Called before a server of the service listens on a port. */
  onListen: (port: number) => void
  /** Runs `own` without watching: what it listens on is ours. */
  unwatched<T>(own: () => T): T
}

/**
 * Notices servers that the service starts itself. Many apps both listen and export themselves (Express apps for their
 * tests, Hono apps after `serve(app)`): serving the export as well would need the port twice.
 */
export function watchListening(): ListenWatch {
  const servers: Server[] = []
  const ports = new Set<number>()
  let ours = false
  const watch: ListenWatch = {
    servers,
    ports,
    onListen: () => {},
    unwatched(own) {
      ours = true
      try {
        return own()
      } finally {
        ours = false
      }
    },
  }
  const original = Server.prototype.listen
  Server.prototype.listen = function listen(this: Server, ...args: Parameters<typeof original>) {
    if (!ours) {
      servers.push(this)
      const port = requestedPort(args[0])
      if (port) {
        ports.add(port)
        watch.onListen(port)
      }
    }
    return original.apply(this, args)
  } as typeof original
  return watch
}

/** The port of `listen(port)` and `listen({ port })`; `'3000'` counts, a socket's path does not. */
function requestedPort(first: unknown): number | undefined {
  const port = typeof first === 'object' && first !== null && 'port' in first ? first.port : first
  const number = typeof port === 'string' && port.trim() !== '' ? Number(port) : port
  return typeof number === 'number' && Number.isInteger(number) && number > 0 ? number : undefined
}
