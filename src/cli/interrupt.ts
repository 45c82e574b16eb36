import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { stageName, thisProcess } from '../files/owner.js'
import { EXIT_CODES } from './exit-codes.js'

const SIGNALS = Object.keys(EXIT_CODES) as (keyof typeof EXIT_CODES)[]

/**
 * Runs `work`, which saves into the store at `home`. A signal meanwhile removes what is half saved, then ends the process by that
 * very signal, so that a shell sees 130, 143 or 129 and a script that runs the command stops too.
 *
 * `process.exit` would wait for a copy under way, which may be gigabytes long; a signal does not.
 */
export async function discardOnSignal<T>(home: string, work: () => Promise<T>): Promise<T> {
  const end = (signal: NodeJS.Signals) => {
    removeOwnStages(home)
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

/** The staging folders carry their process in their names. */
function removeOwnStages(home: string): void {
  const tmp = join(home, 'tmp')
  const mine = stageName(thisProcess())
  try {
    for (const name of readdirSync(tmp)) {
      if (name.startsWith(mine)) rmSync(join(tmp, name), { recursive: true, force: true, maxRetries: 3 })
    }
  } catch {
    // What can't be removed now, the next save sweeps away.
  }
}
