import { createInterface } from 'node:readline/promises'
import { EXIT_CODES } from './exit-codes.js'
import { printError } from './output.js'
import { SilentExit } from './problem.js'

/**
 * Asks a yes or no question on the terminal; no answer means no. In BentoML's words: `delete model a:v1? [y/N]: `.
 *
 * @throws SilentExit when the user breaks off: 130 after Ctrl-C, 1 at the end of input.
 */
export async function confirm(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    for (;;) {
      const answer = await Promise.race([terminal.question(`${question} [y/N]: `), brokenOff(terminal)])
      if (typeof answer === 'number') {
        printError('\nAborted!\n')
        throw new SilentExit(answer)
      }
      const word = answer.trim().toLowerCase()
      if (word === 'y' || word === 'yes') return true
      if (word === '' || word === 'n' || word === 'no') return false
      printError('Error: invalid input\n')
    }
  } finally {
    terminal.close()
  }
}

function brokenOff(terminal: ReturnType<typeof createInterface>): Promise<number> {
  return new Promise(resolve => {
    terminal.once('SIGINT', () => resolve(EXIT_CODES.SIGINT))
    terminal.once('close', () => resolve(1))
  })
}
