import { fork } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { LoadedService } from './load-hooks.js'
import type { ExternalImport } from './types.js'

/** Reached the same way from `src/bento` and from `dist/chunks`. */
const CHILD = fileURLToPath(new URL('../../dist/bento/load-child.js', import.meta.url))

/** How long loading the service may take, in milliseconds: it may read a model of gigabytes. */
const PATIENCE = 60_000

/** What ends a service that takes longer: it may hold on to the others. */
const KILL = 'SIGKILL'

/** How much of what the service says when it fails is kept, in characters. */
const KEPT = 4_000

/** What the service needs to be loaded. */
export interface LoadPlan {
  /** Absolute path of the folder it was emitted to. */
  outDir: string
  /** The entry, relative to it. */
  entry: string
  externals: readonly Pick<ExternalImport, 'packageName' | 'importer'>[]
  /** Store home; undefined means the default one. */
  home: string | undefined
  /** Variables that the service finds set, unless this process has them. */
  envs: Readonly<Record<string, string>>
  /** By default a minute. */
  patience?: number
}

/**
 * Loads the emitted service in a process of its own and takes its export `openapi`: an object, or a function that returns
 * one, or a promise of either.
 *
 * @returns the value as JSON has it, or why there is none, as the end of a sentence
 */
export function loadExport(plan: LoadPlan): Promise<{ value: unknown } | { failure: string }> {
  const { BENTO_PATH: _, ...own } = process.env
  const { patience = PATIENCE } = plan
  const home = plan.home === undefined ? {} : { BENTOML_HOME: plan.home }
  const child = fork(CHILD, [JSON.stringify(serviceOf(plan))], {
    cwd: dirname(join(plan.outDir, plan.entry)),
    env: { ...plan.envs, ...own, ...home },
    execArgv: [],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    timeout: patience,
    killSignal: KILL,
  })
  let errors = ''
  let text: string | undefined
  child.stderr?.setEncoding('utf8').on('data', part => (errors = (errors + part).slice(-KEPT)))
  child.on('message', message => (text = (message as { text: string }).text))
  return new Promise(resolve => {
    child.once('error', error => resolve({ failure: `Node could not be started (${error.message})` }))
    child.once('close', (code, signal) => {
      if (text !== undefined) {
        return resolve(text === '' ? { failure: 'it is no value that JSON can hold' } : { value: JSON.parse(text) })
      }
      if (signal === KILL) return resolve({ failure: `loading the service took longer than ${patience / 1000} s` })
      resolve({ failure: saidAtLast(errors) ?? `loading it ended with ${code ?? signal}` })
    })
  })
}

function serviceOf({ outDir, entry, externals }: LoadPlan): LoadedService & { entry: string } {
  const importers = externals.flatMap(({ packageName, importer }) =>
    importer === undefined ? [] : [[packageName, importer] as const],
  )
  return {
    folder: pathToFileURL(join(outDir, '/')).href,
    entry: pathToFileURL(join(outDir, entry)).href,
    importers: Object.fromEntries(importers),
  }
}

/** The line of the error that ended a Node process. */
function saidAtLast(errors: string): string | undefined {
  const lines = errors.split('\n').filter(line => line.trim() !== '')
  return lines.find(line => /^(?:\w*Error|Uncaught)\b.*:/.test(line)) ?? lines.at(-1)
}
