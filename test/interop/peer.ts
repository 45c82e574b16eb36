import { type ChildProcess, type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { createInterface, type Interface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { BIN } from '../support/cli.js'
import { findPython } from '../support/python.js'
import { freePort, untilUp } from '../support/served.js'

const here = dirname(fileURLToPath(import.meta.url))
const QUIET = { BENTOML_DO_NOT_TRACK: 'True', PYTHONWARNINGS: 'ignore', NO_COLOR: '1' }

/** A Python that can import bentoml. */
export const bentomlPython: string | undefined = findPython('bentoml')

/** What {@link describeNeeding} wants to hear. */
export const bentomlMissing: string | undefined =
  bentomlPython === undefined ? 'BentoML: name a Python that has it in BENTO_PYTHON, or install it in .venv' : undefined

/** The same for `bentoml serve` of a bento of ours. */
export const proxyMissing: string | undefined =
  bentomlMissing ??
  (findPython('fastapi') === undefined ? 'fastapi beside BentoML, which its proxy imports' : undefined)

/** A model as BentoML's Python API sees it. */
export interface PeerModel {
  tag: string
  module: string
  labels: Record<string, string>
  options: Record<string, unknown>
  metadata: Record<string, unknown>
  context: {
    framework_name: string
    framework_versions: Record<string, string>
    bentoml_version: string
    python_version: string
  }
  signatures: Record<string, { batchable: boolean; batch_dim: number[] }>
  api_version: string
  creation_time: string
  files: string[]
}

/** A bento as BentoML's Python API sees it. */
export interface PeerBento {
  tag: string
  service: string
  labels: Record<string, string>
  creation_time: string
  models: string[]
  envs: [string, string, string][]
  entry_service: string
  args: Record<string, unknown>
}

/** BentoML's Python API on one home, in a Python process of its own. */
export class Peer {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>
  readonly #lines: Interface
  readonly #answers: AsyncIterator<string>

  constructor(home: string) {
    this.#process = spawn(bentomlPython as string, [join(here, 'peer.py')], {
      env: { ...process.env, ...QUIET, BENTOML_HOME: home },
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    this.#lines = createInterface({ input: this.#process.stdout })
    this.#answers = this.#lines[Symbol.asyncIterator]()
  }

  models(name?: string): Promise<PeerModel[]> {
    return this.#ask({ do: 'models', ...(name === undefined ? {} : { name }) })
  }

  model(tag: string): Promise<PeerModel> {
    return this.#ask({ do: 'model', tag })
  }

  /** @param options - keyword arguments of `bentoml.models.create` */
  createModel(tag: string, files: Record<string, string>, options: Record<string, unknown> = {}): Promise<PeerModel> {
    return this.#ask({ do: 'create_model', tag, files, ...options })
  }

  deleteModel(tag: string): Promise<void> {
    return this.#ask({ do: 'delete_model', tag })
  }

  /**
   * Where it went.
   *
   * @param path - absolute: BentoML takes a relative one for one below `/`
   * @param format - by default what the path ends in; `folder` must be named
   */
  exportModel(tag: string, path: string, format?: string): Promise<string> {
    return this.#ask({ do: 'export_model', tag, path, format })
  }

  /** As {@link exportModel}. */
  importModel(path: string, format?: string): Promise<PeerModel> {
    return this.#ask({ do: 'import_model', path, format })
  }

  /** As {@link exportModel}. */
  exportBento(tag: string, path: string, format?: string): Promise<string> {
    return this.#ask({ do: 'export_bento', tag, path, format })
  }

  /** As {@link exportModel}. */
  importBento(path: string, format?: string): Promise<PeerBento> {
    return this.#ask({ do: 'import_bento', path, format })
  }

  bentos(name?: string): Promise<PeerBento[]> {
    return this.#ask({ do: 'bentos', ...(name === undefined ? {} : { name }) })
  }

  bento(tag: string): Promise<PeerBento> {
    return this.#ask({ do: 'bento', tag })
  }

  deleteBento(tag: string): Promise<void> {
    return this.#ask({ do: 'delete_bento', tag })
  }

  async stop(): Promise<void> {
    const ended = new Promise(resolve => this.#process.once('close', resolve))
    this.#process.stdin.end()
    await ended
    this.#lines.close()
  }

  async #ask<T>(request: Record<string, unknown>): Promise<T> {
    this.#process.stdin.write(`${JSON.stringify(request)}\n`)
    const { value, done } = await this.#answers.next()
    if (done) throw new Error('the Python process ended')
    const answer = JSON.parse(value) as { value: T; error?: string }
    if (answer.error !== undefined) throw new Error(answer.error)
    return answer.value
  }
}

/** What a command printed, and how it ended. */
export interface CommandResult {
  code: number | null
  stdout: string
  stderr: string
}

/** Runs BentoML's own command line: `bentoml <args>`. */
export function bentoml(home: string, ...args: string[]): CommandResult {
  return bentomlIn(process.cwd(), home, ...args)
}

/** The same in a folder: `bentoml build` reads nothing outside of its working directory. */
export function bentomlIn(folder: string, home: string, ...args: string[]): CommandResult {
  const env = { ...QUIET, BENTOML_HOME: home, COLUMNS: '400' }
  return command(bentomlPython as string, ['-m', 'bentoml', ...args], env, folder)
}

/** Runs ours: `bento <args>`. */
export function bento(home: string, ...args: string[]): CommandResult {
  return command(process.execPath, [BIN, ...args], { BENTOML_HOME: home })
}

function command(file: string, args: string[], env: Record<string, string>, cwd = process.cwd()): CommandResult {
  const { status, stdout, stderr } = spawnSync(file, args, { cwd, env: { ...process.env, ...env }, encoding: 'utf8' })
  return { code: status, stdout, stderr }
}

/** Runs BentoML's own `bentoml serve <tag>` until it is ready; the caller ends the process. */
export async function startBentoml(tag: string, env: NodeJS.ProcessEnv): Promise<{ url: string; child: ChildProcess }> {
  const port = await freePort()
  const args = ['-m', 'bentoml', 'serve', tag, '--host', '127.0.0.1', '--port', String(port)]
  const child = spawn(bentomlPython as string, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', text => (output += text))
  const url = `http://127.0.0.1:${port}`
  await untilUp(child, `${url}/readyz`).catch(error => {
    child.kill('SIGKILL')
    throw new Error(`${error.message}; bentoml serve ${tag} printed:\n${output}`)
  })
  return { url, child }
}
