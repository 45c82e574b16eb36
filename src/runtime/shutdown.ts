import type { Running } from './running.js'

/** How long requests in flight may take once the service is told to stop, in milliseconds. BentoML's own bound. */
const GRACE = 30_000

/** A repeated signal within this time is the same one, sent by both the terminal and a parent process. */
const SAME_SIGNAL = 1_000

/**
 * Stops the service on SIGTERM and SIGINT: requests in flight are finished, then the process ends with code 0. After
 * the bound, or at a second signal, it ends at once with code 1.
 *
 * @returns a function that takes the handlers off again
 */
export function stopOnSignals(running: Running): () => void {
  let since: number | undefined
  const stop = (signal: NodeJS.Signals) => {
    if (since !== undefined) {
      if (Date.now() - since > SAME_SIGNAL) process.exit(1)
      return
    }
    since = Date.now()
    setTimeout(() => {
      console.error(`Requests were still running ${GRACE / 1000} s after ${signal}; stopped all the same.`)
      process.exit(1)
    }, GRACE).unref()
    running.close().then(() => end(signal), failed)
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  return () => {
    process.off('SIGTERM', stop)
    process.off('SIGINT', stop)
  }
}

/** Open pools and timers of the service must not keep it alive; a handler of its own may still be closing them. */
function end(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) > 1) process.exitCode ??= 0
  else process.exit()
}

function failed(error: unknown): never {
  console.error(error)
  process.exit(1)
}
