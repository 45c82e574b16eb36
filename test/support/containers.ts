import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { buildah, imageEnv } from './images.js'
import { freePort, untilUp } from './served.js'

/** What an image says of how it is started. */
export interface ImageConfig {
  Entrypoint: string[]
  Cmd?: string[] | null
  Env: string[]
  User: string
  StopSignal?: string
  Healthcheck?: { Test: string[] }
  Labels?: Record<string, string>
}

/** A container on the network of this machine. */
export interface RunningContainer {
  url: string
  output(): string
  /** Stops it as `docker stop` does, by SIGTERM to its first process; returns its exit code. */
  stop(): Promise<number | null>
}

/** A container of an image, started or not. */
export class Container {
  readonly #name: string

  constructor(image: string) {
    this.#name = buildah('from', '--pull-never', image)
  }

  /** Its root, as a folder of this machine. */
  mount(): string {
    return buildah('mount', this.#name)
  }

  /** Starts the image's entrypoint as its user, with its environment. */
  async start(config: ImageConfig, env: Record<string, string> = {}): Promise<RunningContainer> {
    const port = await freePort()
    const variables = Object.entries({ PORT: String(port), ...env }).flatMap(pair => ['--env', pair.join('=')])
    const isolation = runcWorks(this.#name) ? 'oci' : 'chroot'
    const how = ['--isolation', isolation, '--runtime', 'runc', '--network', 'host', '--user', config.User]
    const child = spawn('buildah', ['run', ...how, ...variables, this.#name, '--', ...commandOf(config)], {
      env: { ...process.env, ...imageEnv },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    return running(child, port, () => signalService(port))
  }

  /** The same with a file system that nobody can write, as a user that the image knows nothing of, in a chroot. */
  async startReadOnly(config: ImageConfig, user: number): Promise<RunningContainer> {
    const port = await freePort()
    const script =
      'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && mount -t proc proc "$0/proc" && ' +
      `exec chroot --userspec=${user}:${user} --groups= "$0" "$@"`
    const child = spawn('unshare', ['--mount', 'sh', '-c', script, this.mount(), ...commandOf(config)], {
      env: { ...Object.fromEntries(config.Env.map(one => splitAt(one, one.indexOf('=')))), PORT: String(port) },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    return running(child, port, () => child.kill('SIGTERM'))
  }

  remove(): void {
    buildah('rm', this.#name)
  }
}

function commandOf({ Entrypoint, Cmd }: ImageConfig): string[] {
  return [...Entrypoint, ...(Cmd ?? [])]
}

/** An OCI runtime needs more of the kernel than a chroot, and more than some CI containers give. */
function runcWorks(name: string): boolean {
  const how = ['--isolation', 'oci', '--runtime', 'runc', '--network', 'host']
  return (
    spawnSync('buildah', ['run', ...how, name, '--', 'true'], { env: { ...process.env, ...imageEnv } }).status === 0
  )
}

async function running(child: ChildProcess, port: number, signal: () => void): Promise<RunningContainer> {
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', text => (output += text))
  const url = `http://127.0.0.1:${port}`
  try {
    await untilUp(child, url, 60)
  } catch (error) {
    child.kill('SIGKILL')
    throw new Error(`${(error as Error).message}; it printed:\n${output}`)
  }
  return {
    url,
    output: () => output,
    stop: async () => {
      const ended = once(child, 'exit')
      signal()
      const [code] = await ended
      return code
    },
  }
}

/** buildah hands no signal on, so that it goes to the service itself, the container's first process. */
function signalService(port: number): void {
  const pid = readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .find(pid => {
      const [command, environment] = ['cmdline', 'environ'].map(file => readProc(`/proc/${pid}/${file}`))
      return command?.[0] === 'node' && environment?.includes(`PORT=${port}`)
    })
  if (pid === undefined) throw new Error(`No service runs with PORT=${port}.`)
  process.kill(Number(pid), 'SIGTERM')
}

function readProc(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\0')
  } catch {
    // It has just ended.
    return []
  }
}

function splitAt(text: string, index: number): [string, string] {
  return [text.slice(0, index), text.slice(index + 1)]
}
