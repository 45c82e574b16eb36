import { BentoError, type ErrorCode } from '../core/errors.js'

/** Signals that end a long work. */
export const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Tells work in progress that this process was told to stop. */
export interface Interruption {
  /** Aborts with an error as its reason whose `details.signal` names the signal. */
  readonly signal: AbortSignal
  /** Gives the signals back. */
  release(): void
}

/**
 * Takes the signals that would end this process at once, so that what is half done can be taken back first.
 *
 * @param code of the error
 * @param before what was not reached: `the service started`
 */
export function holdSignals(code: ErrorCode, before: string): Interruption {
  const controller = new AbortController()
  const stop = (signal: NodeJS.Signals) => {
    controller.abort(new BentoError(code, `Stopped by ${signal} before ${before}.`, { details: { signal } }))
  }
  for (const signal of SIGNALS) process.on(signal, stop)
  return {
    signal: controller.signal,
    release() {
      for (const signal of SIGNALS) process.off(signal, stop)
    },
  }
}
