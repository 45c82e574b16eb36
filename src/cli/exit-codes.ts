/** Exit codes of what a signal ended, as shells count them. */
export const EXIT_CODES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const

/** The exit code that belongs to a signal's name; undefined for anything else. */
export function exitCodeOf(signal: unknown): number | undefined {
  return Object.entries(EXIT_CODES).find(([name]) => name === signal)?.[1]
}
