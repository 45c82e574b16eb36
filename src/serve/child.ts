import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { SERVER } from '../bento/layout.js'
import { BentoError } from '../core/errors.js'
import type { Environment } from './environment.js'
import { SIGNALS } from './interruption.js'

/**
 * Runs `node server.js` in `source` with this process's own input and output, hands signals on to it, and returns its
 * exit code, or 128 and the signal's number as shells have it.
 *
 * @throws `SERVE_FAILED` when it cannot be started
 */
export async function runServer(source: string, args: readonly string[], env: Environment): Promise<number> {
  const child = spawn(process.execPath, [SERVER, ...args], { cwd: source, env, stdio: 'inherit' })
  const forward = (signal: NodeJS.Signals) => {
    // A terminal sends Ctrl-C to both of us; a second one would cut short what the service still answers.
    if (signal === 'SIGINT' && process.stdin.isTTY) return
    child.kill(signal)
  }
  for (const signal of SIGNALS) process.on(signal, forward)
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once('error', error => {
        reject(new BentoError('SERVE_FAILED', `Cannot start ${process.execPath}: ${error.message}.`, { cause: error }))
      })
      child.once('exit', (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])))
    })
  } finally {
    for (const signal of SIGNALS) process.off(signal, forward)
  }
}
