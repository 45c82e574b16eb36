import { BentoError, isBentoError, systemCode } from '../core/errors.js'
import { visible } from '../core/text.js'
import { exitCodeOf } from './exit-codes.js'
import { paint, printError } from './output.js'

/** Thrown to end the command without another word. */
export class SilentExit extends Error {
  readonly exitCode: number

  constructor(exitCode: number) {
    super(`exit ${exitCode}`)
    this.exitCode = exitCode
  }
}

/** A wrong command line: exit code 2. */
export function usageError(reason: string, hint?: string): BentoError {
  return new BentoError('USAGE', reason, hint === undefined ? {} : { hint })
}

/**
 * Shows what went wrong on stderr, `error [CODE]: reason` and below it the mend, each made safe for a terminal, and
 * returns the exit code: 2 for a wrong command line, 128 and more for what a signal broke off, else 1. The errors of an AggregateError are shown one by one.
 *
 * @param stack whether to show where each error and its causes come from.
 */
export function reportProblem(error: unknown, stack: boolean): number {
  if (error instanceof SilentExit) return error.exitCode
  if (error instanceof AggregateError) {
    return Math.max(...error.errors.map(one => reportProblem(one, stack)))
  }
  printError(describe(error))
  if (stack) printError(stackOf(error))
  if (isBentoError(error, 'USAGE', 'OPTION_INVALID')) return 2
  return (isBentoError(error) ? exitCodeOf(error.details.signal) : undefined) ?? 1
}

function describe(error: unknown): string {
  const label = paint('red', 'error')
  if (isBentoError(error)) {
    const hint = error.hint === undefined ? '' : `${visible(error.hint)}\n`
    return `${label} [${error.code}]: ${lines(error.reason)}\n${hint}`
  }
  const message = visible(error instanceof Error ? error.message : String(error))
  if (systemCode(error) !== undefined) return `${label} [IO_FAILED]: ${message}\n`
  return `${label}: Unexpected: ${message}\nRun it again with --debug and report what it prints.\n`
}

/** What a reason quotes of another program keeps its lines. They are indented, so that none can pass for one of ours. */
function lines(text: string): string {
  return text.split('\n').map(visible).join('\n  ')
}

function stackOf(error: unknown): string {
  let text = ''
  for (let inner = error; inner instanceof Error; inner = inner.cause) {
    const lines = (inner.stack ?? String(inner)).split('\n').map(visible)
    text += `${inner === error ? '' : 'caused by '}${lines.join('\n')}\n`
  }
  return text
}
