import { spawn, spawnSync } from 'node:child_process'
import { BIN } from './cli.js'

/** Whether util-linux's `script`, which gives a program a terminal, is at hand. */
export const hasTerminals: boolean =
  process.platform === 'linux' && spawnSync('script', ['--version']).stdout?.includes('util-linux') === true

/** What happened on a terminal. */
export interface TerminalResult {
  /** What the terminal received. */
  output: string
  code: number
}

/**
 * Runs the built `bento` on a terminal of its own.
 *
 * @param options.keys what is typed, one after each question.
 * @param options.stdin path of what takes the terminal's place as the standard input.
 * @param options.onOutput called whenever the terminal has received more, with all of it; may type.
 */
export function onTerminal(
  args: readonly string[],
  options: {
    home: string
    keys?: readonly string[]
    cwd?: string
    env?: Record<string, string>
    stdin?: string
    onOutput?: (output: string, type: (keys: string) => void) => void
  },
): Promise<TerminalResult> {
  const { home, keys = [], cwd, env, stdin, onOutput } = options
  const words = [process.execPath, BIN, ...args].map(word => `'${word}'`).join(' ')
  const command = stdin === undefined ? words : `${words} < '${stdin}'`
  const child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
    env: { PATH: process.env.PATH, HOME: home, TZ: 'UTC', TERM: 'xterm', BENTOML_HOME: home, ...env },
    ...(cwd === undefined ? {} : { cwd }),
  })
  let output = ''
  let typed = 0
  child.stdout.setEncoding('utf8').on('data', text => {
    output += text
    onOutput?.(output, keys => child.stdin.write(keys))
    // The cursor is put behind a question when it is ready for the answer.
    const asked = output.split('[y/N]: ').length - 1
    for (; typed < asked && typed < keys.length; typed++) child.stdin.write(keys[typed] ?? '')
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', code => resolve({ output, code: code ?? -1 }))
  })
}
