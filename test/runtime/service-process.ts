import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, onTestFinished } from 'vitest'
import { buildRuntime } from '../../scripts/build-runtime.js'

const repository = join(dirname(fileURLToPath(import.meta.url)), '../..')

/** A folder that is gone once the test is over. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'bento-runtime-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))
  return folder
}

/** Writes files below `folder`, by POSIX path. */
export function writeFiles(folder: string, files: Record<string, string>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
}

let built: Promise<string> | undefined

/** The runtime of these sources, built once for all tests of a file. */
function builtRuntime(): Promise<string> {
  built ??= (async () => {
    const folder = mkdtempSync(join(tmpdir(), 'bento-runtime-'))
    await buildRuntime(folder)
    return folder
  })()
  return built
}

afterAll(async () => {
  if (built !== undefined) rmSync(await built, { recursive: true, force: true, maxRetries: 5 })
})

/**
 * A folder as a bento's `src/` in handler mode, with the real runtime and this repository's packages in reach.
 *
 * @param files the service, `service.js`, and what it needs
 */
export async function handlerFolder(files: Record<string, string>): Promise<string> {
  const folder = scratchFolder()
  cpSync(await builtRuntime(), join(folder, 'built'), { recursive: true })
  writeFiles(folder, {
    'package.json': '{"type":"module"}',
    'server.js': "import { start } from './built/server.js'\n\nawait start(() => import('./service.js'))\n",
    ...files,
  })
  symlinkSync(join(repository, 'node_modules'), join(folder, 'node_modules'), 'junction')
  return folder
}

/** A real Node process that runs a service. */
export class ServiceProcess {
  output = ''
  /** What the process wrote to standard error. */
  errors = ''
  readonly child: ChildProcess
  readonly exit: Promise<number | NodeJS.Signals>

  constructor(args: string[], cwd: string, env: Record<string, string>) {
    this.child = spawn(process.execPath, args, {
      cwd,
      env: { ...cleanEnv(), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.child.stdout?.setEncoding('utf8').on('data', text => (this.output += text))
    this.child.stderr?.setEncoding('utf8').on('data', text => {
      this.output += text
      this.errors += text
    })
    this.exit = once(this.child, 'close').then(([code, signal]) => code ?? signal)
    onTestFinished(() => void this.child.kill('SIGKILL'))
  }

  /** Waits until the process has printed something that matches; its first group, else the whole. */
  async printed(pattern: RegExp): Promise<string> {
    let ended = false
    this.exit.then(() => (ended = true))
    for (;;) {
      const match = pattern.exec(this.output)
      if (match) return match[1] ?? match[0]
      if (ended) throw new Error(`it ended without printing ${pattern}:\n${this.output}`)
      await Promise.race([
        this.exit,
        once(this.child.stdout as never, 'data'),
        once(this.child.stderr as never, 'data'),
      ])
    }
  }

  /** The URL it says it listens on. */
  listening(): Promise<string> {
    return this.printed(/Listening on (http\S+)/i)
  }
}

/** Runs `server.js` of a folder on a free port of the loopback. */
export function run(folder: string, env: Record<string, string> = {}): ServiceProcess {
  return new ServiceProcess(['server.js'], folder, { PORT: '0', HOST: '127.0.0.1', ...env })
}

/** The environment without what would decide the address. */
export function cleanEnv(): NodeJS.ProcessEnv {
  const { PORT: _port, HOST: _host, BENTOML_PORT: _bentoPort, BENTOML_HOST: _bentoHost, ...env } = process.env
  return env
}
