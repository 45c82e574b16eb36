import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, realpathSync } from 'node:fs'
import { basename, delimiter, dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { BentoError } from '../core/errors.js'
import { visible } from '../core/text.js'
import { type Environment, findName, withVariables } from './environment.js'

/** A program and its first arguments. */
export interface Command {
  file: string
  args: string[]
}

const CLI = 'npm-cli.js'
/** Lines of npm's own report that an error shows. */
const SHOWN_LINES = 15
const SHOWN_LENGTH = 16_384

/**
 * Finds npm: the one that runs this process (`npm_execpath`), the one installed with the running Node, the one on the
 * PATH. Wherever it can be, it is npm's JavaScript run by this Node: no shell, no `npm.cmd`, and native packages are
 * built for the Node that will load them.
 *
 * @throws `INSTALL_FAILED` when there is none
 */
export function findNpm(env: Environment, execPath = process.execPath): Command {
  const beside = dirname(execPath)
  const onPath = pathFolders(env)
  const scripts = [
    basename(env.npm_execpath ?? '') === CLI ? env.npm_execpath : undefined,
    join(beside, 'node_modules', 'npm', 'bin', CLI),
    join(beside, '..', 'lib', 'node_modules', 'npm', 'bin', CLI),
    ...onPath.flatMap(folder => [behindLink(join(folder, 'npm')), join(folder, 'node_modules', 'npm', 'bin', CLI)]),
  ]
  const script = scripts.find(path => path !== undefined && existsSync(path))
  if (script !== undefined) return { file: execPath, args: [script] }
  // A version manager's own launcher. On Windows that may be a batch file, which nothing but a shell can run.
  const launcher = process.platform === 'win32' ? 'npm.exe' : 'npm'
  const program = onPath.map(folder => join(folder, launcher)).find(existsSync)
  if (program !== undefined) return { file: program, args: [] }
  throw new BentoError('INSTALL_FAILED', `There is no npm beside ${execPath} or on the PATH.`, {
    hint: 'Install npm: it installs the packages of the bento.',
  })
}

function pathFolders(env: Environment): string[] {
  return (env[findName(env, 'PATH') ?? 'PATH'] ?? '').split(delimiter).filter(folder => folder !== '')
}

/** On Unix `npm` is a link to its script. */
function behindLink(path: string): string | undefined {
  try {
    const real = realpathSync(path)
    return basename(real) === CLI ? real : undefined
  } catch {
    return undefined
  }
}

/**
 * What a parent `npm run` or `npx` may have set for its own work and ours must not take over; npm's connection settings
 * (registry, proxy, cache, certificates) stay.
 */
const FOREIGN_SETTINGS = new Set(
  (
    'allow-scripts dangerously-allow-all-scripts dry-run global global-style include include-workspace-root install-links ' +
    'install-strategy legacy-bundling location omit only optional also dev production package-lock package-lock-only ' +
    'prefix local-prefix global-prefix save strict-allow-scripts workspace workspaces'
  ).split(' '),
)

/** The environment for npm: the caller's without settings of another npm's work, with the running Node first on the PATH. */
export function npmEnvironment(caller: Environment, extra: Environment): Environment {
  const kept = Object.entries(caller).filter(([name]) => {
    const setting = /^npm_config_(.*)$/i.exec(name)?.[1]?.toLowerCase().replaceAll('_', '-')
    return setting === undefined || !FOREIGN_SETTINGS.has(setting)
  })
  const env: Environment = { ...extra, ...Object.fromEntries(kept) }
  const path = [dirname(process.execPath), ...pathFolders(env)].join(delimiter)
  return withVariables(env, { [findName(env, 'PATH') ?? 'PATH']: path })
}

/** Where and how npm runs. */
export interface NpmRun {
  npm: Command
  /** Also npm's whole project: neither a `.npmrc` nor a workspace root above is looked for. */
  cwd: string
  env: Environment
  /** Ends npm and the scripts it runs, so that nothing goes on writing where the caller cleans up. */
  signal: AbortSignal
}

/**
 * Runs npm to its end.
 *
 * @throws `INSTALL_FAILED` with npm's last lines; the signal's reason where that aborted
 */
export async function runNpm(args: string[], { npm, cwd, env, signal }: NpmRun): Promise<void> {
  signal.throwIfAborted()
  const all = [...npm.args, ...args, '--prefix', cwd, '--loglevel=error', '--no-progress', '--no-update-notifier']
  // A group of its own: npm waits for its scripts, which a signal to npm alone need not reach.
  const detached = process.platform !== 'win32'
  const child = spawn(npm.file, all, { cwd, env, detached, stdio: ['ignore', 'pipe', 'pipe'], windowsHide: true })
  const stop = () => killGroup(child, detached)
  signal.addEventListener('abort', stop)
  try {
    const [stdout, stderr, end] = await Promise.all([tail(child.stdout), tail(child.stderr), ended(child)])
    signal.throwIfAborted()
    if (end !== undefined) throw npmFailure(args[0] ?? '', stderr.trim() || stdout.trim(), end)
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

/** Nothing of a stage is worth an orderly end. */
function killGroup(child: ChildProcess, isGroup: boolean): void {
  try {
    if (isGroup && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    else child.kill('SIGKILL')
  } catch {
    // It has just ended.
  }
}

/** The end of what a stream brings. */
async function tail(stream: Readable): Promise<string> {
  let text = ''
  for await (const part of stream.setEncoding('utf8')) text = (text + part).slice(-SHOWN_LENGTH)
  return text
}

/** How a process failed; undefined where it did not. */
function ended(child: ChildProcess): Promise<string | undefined> {
  return new Promise(resolve => {
    child.once('error', error => resolve(`It could not be started: ${error.message}.`))
    child.once('close', (code, signal) => {
      if (signal !== null) resolve(`It was stopped by ${signal}.`)
      else resolve(code === 0 ? undefined : `It ended with exit code ${code}.`)
    })
  })
}

function npmFailure(command: string, output: string, end: string): BentoError {
  const lines = output.split(/\r?\n/).filter(line => line.trim() !== '' && !line.includes('A complete log of this run'))
  const shown = lines.slice(-SHOWN_LINES).map(visible).join('\n') || end
  return new BentoError('INSTALL_FAILED', `npm ${command} failed:\n${shown}`)
}
