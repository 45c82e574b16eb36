import { BentoError } from '../core/errors.js'

/** Signals that end a serve. */
export const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Tells work in progress that this process was told to stop. */
export interface Interruption {
  /** Aborts with a `SERVE_FAILED` as its reason, whose `details.signal` names the signal. */
  readonly signal: AbortSignal
  /** Gives the signals back. */
  release(): void
}

/** Takes the signals that would end this process at once, so that what is half done can be taken back first. */
export function holdSignals(): Interruption {
  const controller = new AbortController()
  const stop = (signal: NodeJS.Signals) => {
    const reason = `Stopped by ${signal} before the service started.`
    controller.abort(new BentoError('SERVE_FAILED', reason, { details: { signal } }))
  }
  for (const signal of SIGNALS) process.on(signal, stop)
  return {
    signal: controller.signal,
    release() {
      for (const signal of SIGNALS) process.off(signal, stop)
    },
  }
}
