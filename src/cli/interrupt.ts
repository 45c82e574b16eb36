import { removeUnfinished } from '../files/cleanup.js'
import { EXIT_CODES } from './exit-codes.js'

const SIGNALS = Object.keys(EXIT_CODES) as (keyof typeof EXIT_CODES)[]

/**
 * Runs `work`, which saves or writes something. A signal meanwhile removes what is half done, then ends the process by that very
 * signal, so that a shell sees 130, 143 or 129 and a script that runs the command stops too.
 *
 * `process.exit` would wait for a copy under way, which may be gigabytes long; a signal does not.
 *
 * @param last what else to do before the process ends; must not wait for anything
 */
export async function discardOnSignal<T>(work: () => Promise<T>, last: () => void = () => {}): Promise<T> {
  const end = (signal: NodeJS.Signals) => {
    removeUnfinished()
    last()
    for (const one of SIGNALS) process.removeListener(one, end)
    process.kill(process.pid, signal)
    // The first process of a container ignores signals that it has no listener for.
    setTimeout(() => process.exit(EXIT_CODES[signal as keyof typeof EXIT_CODES]), 100)
  }
  for (const signal of SIGNALS) process.on(signal, end)
  try {
    return await work()
  } finally {
    for (const signal of SIGNALS) process.removeListener(signal, end)
  }
}
