/** A reason why the service cannot run: shown as one line, without a stack. */
export class StartFailure extends Error {}

/**
 * Prints why the service could not start, and ends the process with exit code 1. The process may be kept alive by what
 * the service's module already opened, so it is not left to end by itself.
 */
export function exitWith(error: unknown): never {
  console.error(error instanceof StartFailure ? error.message : `The service could not be loaded: ${describe(error)}`)
  process.exit(1)
}

/** The error's first line, then the frames of its stack that are not Node's own. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const headline = `${error.name}: ${error.message}`
  const frames = (error.stack ?? '').split('\n').filter(line => /^\s+at /.test(line) && !line.includes('node:internal'))
  return [headline, ...frames].join('\n')
}

/** Turns an error of `listen` into a sentence that says what to change. */
export function listenFailure(error: unknown, port: number, host: string): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'EADDRINUSE') {
    return new StartFailure(`Port ${port} on ${host} is in use already. Set PORT to a free one.`)
  }
  if (code === 'EACCES') return new StartFailure(`Port ${port} on ${host} is not allowed. Set PORT to one above 1023.`)
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return new StartFailure(`${host} is not an address of this machine (${code}). Set HOST to 0.0.0.0 or 127.0.0.1.`)
  }
  return error
}
