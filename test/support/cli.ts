import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The built bin. */
export const BIN = join(dirname(fileURLToPath(import.meta.url)), '../../dist/cli/main.js')

/** How to run the bin. */
export interface CliOptions {
  /** BENTOML_HOME. */
  home: string
  cwd?: string
  /** On top of a small clean environment in UTC. */
  env?: Record<string, string>
  /** Text for stdin, which is never a terminal. */
  input?: string
  /** Runs as this user instead; needs root. */
  uid?: number
}

/** What a run left. */
export interface CliResult {
  stdout: string
  stderr: string
  /** As a shell counts: 128 and the signal's number where one ended the process. */
  code: number
}

const SIGNAL_NUMBERS: Record<string, number> = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGPIPE: 13, SIGTERM: 15 }

/** Runs the built `bento` to its end. */
export async function bento(args: readonly string[], options: CliOptions): Promise<CliResult> {
  const child = startBento(args, options)
  child.stdin.end(options.input)
  return finished(child)
}

/** Starts the built `bento`; {@link finished} waits for its end. */
export function startBento(args: readonly string[], options: CliOptions): ChildProcessWithoutNullStreams {
  const { home, cwd, env, uid } = options
  return spawn(process.execPath, [BIN, ...args], {
    env: { PATH: process.env.PATH, HOME: home, TZ: 'UTC', BENTOML_HOME: home, ...env },
    ...(cwd === undefined ? {} : { cwd }),
    ...(uid === undefined ? {} : { uid, gid: uid }),
  })
}

/** Collects what a process prints and its exit code. */
export function finished(child: ChildProcessWithoutNullStreams): Promise<CliResult> {
  let stdout = ''
  let stderr = ''
  child.stdin.on('error', () => {})
  child.stdout.setEncoding('utf8').on('data', text => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', text => (stderr += text))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => {
      resolve({ stdout, stderr, code: code ?? 128 + (SIGNAL_NUMBERS[signal ?? ''] ?? 0) })
    })
  })
}
