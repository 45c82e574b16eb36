import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** How long loading the service may take, in milliseconds: it may read a model of gigabytes. */
const PATIENCE = 60_000

/** How much of what the service says when it fails is kept, in characters. */
const KEPT = 4_000

/** What the service needs to be loaded. */
export interface LoadPlan {
  /** Absolute path of the emitted entry. */
  entry: string
  /** Store home; undefined means the default one. */
  home: string | undefined
  /** Variables that the service finds set, unless this process has them. */
  envs: Readonly<Record<string, string>>
  /** By default a minute. */
  patience?: number
}

/**
 * Loads an emitted service and takes its export `openapi`. What the service listens on is pretended: it may start its own server
 * when it is loaded, and wait for that.
 */
const PROGRAM = `
import { Server } from 'node:net'
Server.prototype.listen = function (...args) {
  const done = args.findLast(arg => typeof arg === 'function')
  if (done) this.once('listening', done)
  setImmediate(() => this.emit('listening'))
  return this
}
Server.prototype.address = () => ({ address: '127.0.0.1', family: 'IPv4', port: 0 })
const [entry] = process.argv.splice(1)
const { openapi } = await import(entry)
const value = await (typeof openapi === 'function' ? openapi() : openapi)
process.send({ text: JSON.stringify(value) ?? '' }, () => process.exit(0))
`

/**
 * Loads the emitted service in a process of its own and takes its export `openapi`: an object, or a function that returns
 * one, or a promise of either.
 *
 * @returns the value as JSON has it, or why there is none, as the end of a sentence
 */
export function loadExport(plan: LoadPlan): Promise<{ value: unknown } | { failure: string }> {
  const { BENTO_PATH: _, ...own } = process.env
  const home = plan.home === undefined ? {} : { BENTOML_HOME: plan.home }
  const child = spawn(process.execPath, ['--input-type=module', '--eval', PROGRAM, pathToFileURL(plan.entry).href], {
    cwd: join(plan.entry, '..'),
    env: { ...plan.envs, ...own, ...home },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  let errors = ''
  let text: string | undefined
  let isLate = false
  child.stderr?.setEncoding('utf8').on('data', part => (errors = (errors + part).slice(-KEPT)))
  child.on('message', message => (text = (message as { text: string }).text))
  const patience = plan.patience ?? PATIENCE
  const timer = setTimeout(() => {
    isLate = true
    child.kill('SIGKILL')
  }, patience)
  return new Promise(resolve => {
    child.once('error', error => resolve({ failure: `Node could not be started (${error.message})` }))
    child.once('close', code => {
      clearTimeout(timer)
      if (isLate) resolve({ failure: `loading the service took longer than ${patience / 1000} s` })
      else if (text === undefined) resolve({ failure: saidAtLast(errors) ?? `loading it ended with ${code}` })
      else resolve(text === '' ? { failure: 'it is no value that JSON can hold' } : { value: JSON.parse(text) })
    })
  })
}

/** The line of the error that ended a Node process. */
function saidAtLast(errors: string): string | undefined {
  const lines = errors.split('\n').filter(line => line.trim() !== '')
  return lines.find(line => /^(?:\w*Error|Uncaught)\b.*:/.test(line)) ?? lines.at(-1)
}
