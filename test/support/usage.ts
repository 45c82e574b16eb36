import { expect } from 'vitest'
import type { CliResult } from './cli.js'

/** Holds that a command line was refused as wrong usage: one line for the reason, one for the mend, exit 2. */
export function expectUsage({ stdout, stderr, code }: CliResult, reason: RegExp, hint: RegExp): void {
  const [first = '', second = '', ...rest] = stderr.split('\n')
  expect(first).toMatch(/^error \[USAGE\]: /)
  expect(first).toMatch(reason)
  expect(second).toMatch(hint)
  expect(rest).toEqual([''])
  expect({ stdout, code }).toEqual({ stdout: '', code: 2 })
}
