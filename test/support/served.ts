import { type ChildProcess, spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { BIN } from './cli.js'

export const repository = join(dirname(fileURLToPath(import.meta.url)), '../..')

/** A bento that a real `bento serve` runs. */
export interface ServedBento {
  url: string
  /** The JSON of a GET. */
  get(path: string): Promise<unknown>
  /** Everything the process printed so far. */
  output(): string
  /** SIGTERM, then the exit code. */
  stop(): Promise<number | null>
}

export interface ServeOptions {
  home: string
  /** Arguments of the service, after `--`. */
  args?: string[]
  env?: Record<string, string>
  /** Path that answers once the service is up. */
  probe?: string
}

/** Runs `bento serve <bento>` and waits until it answers; the first run of a lock also installs its packages. */
export async function serve(bento: string, { home, args, env, probe = '/' }: ServeOptions): Promise<ServedBento> {
  const port = await freePort()
  const rest = args === undefined ? [] : ['--', ...args.map(arg => arg.replace('{port}', String(port)))]
  const child = spawn(process.execPath, [BIN, 'serve', bento, '-p', String(port), ...rest], {
    env: { ...process.env, ...env, BENTOML_HOME: home },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', text => (output += text))
  const url = `http://127.0.0.1:${port}`
  try {
    await untilUp(child, `${url}${probe}`)
  } catch (error) {
    child.kill('SIGKILL')
    throw new Error(`${(error as Error).message}; it printed:\n${output}`)
  }
  return {
    url,
    get: async path => (await fetch(`${url}${path}`)).json(),
    output: () => output,
    stop: () => stopped(child),
  }
}

/** A port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().on('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number }
      probe.close(() => resolve(port))
    })
  })
}

/** Waits until `url` answers, whatever it says; throws when the process behind it ends first, or after `seconds`. */
export async function untilUp(child: ChildProcess, url: string, seconds = 120): Promise<void> {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; ) {
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}`)
    const response = await fetch(url).catch(() => undefined)
    if (response !== undefined) return
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  throw new Error(`nothing answered at ${url} within ${seconds} s`)
}

async function stopped(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
  const code = new Promise<number | null>(resolve => child.once('exit', resolve))
  child.kill('SIGTERM')
  return code
}
