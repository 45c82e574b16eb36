import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { BentoError } from '../core/errors.js'
import type { Environment } from '../serve/environment.js'

/** Lines of the builder's output that an error shows. */
const SHOWN_LINES = 20
/** How long a builder that was told to stop may take for it, milliseconds. */
const GRACE = 10_000

/** A command of a builder. */
export interface BuilderRun {
  /** Program and arguments. */
  words: readonly string[]
  env: Environment
  signal: AbortSignal | undefined
  onLine: (line: string) => void
  /** What it is to do, for messages: `make an image of iris:v2`. */
  purpose: string
}

/**
 * Runs a builder to its end, in the caller's working directory: relative paths in its options mean what they say.
 *
 * @throws `CONTAINERIZE_FAILED` with its last lines; the signal's reason where that aborted
 */
export async function runBuilder({ words, env, signal, onLine, purpose }: BuilderRun): Promise<void> {
  signal?.throwIfAborted()
  const [program = '', ...args] = words
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'], windowsHide: true })
  const tail: string[] = []
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', line => {
      if (line.trim() !== '') tail.push(line)
      if (tail.length > SHOWN_LINES) tail.shift()
      onLine(line)
    })
  }
  let timer: NodeJS.Timeout | undefined
  const stop = () => {
    child.kill('SIGTERM')
    timer = setTimeout(() => child.kill('SIGKILL'), GRACE)
  }
  signal?.addEventListener('abort', stop)
  try {
    const end = await new Promise<string | undefined>(resolve => {
      child.once('error', error => resolve(`It could not be started: ${error.message}.`))
      child.once('close', (code, killer) => {
        if (killer !== null) resolve(`It was stopped by ${killer}.`)
        else resolve(code === 0 ? undefined : `It ended with exit code ${code}.`)
      })
    })
    signal?.throwIfAborted()
    if (end !== undefined) throw failure(program, purpose, tail, end)
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', stop)
  }
}

function failure(program: string, purpose: string, tail: readonly string[], end: string): BentoError {
  const shown = tail.length === 0 ? end : `${end} Its last lines:\n${tail.join('\n')}`
  return new BentoError('CONTAINERIZE_FAILED', `${program} failed to ${purpose}. ${shown}`)
}
