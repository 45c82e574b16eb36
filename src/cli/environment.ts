import { execFile } from 'node:child_process'
import { release } from 'node:os'
import { promisify } from 'node:util'
import { bentoHome } from '../core/home.js'
import { ownPackage } from '../core/own-package.js'
import { findNpm } from '../serve/npm.js'
import { detectFramework } from '../store/framework.js'

/** What `bento env` tells, as name and value. */
export interface EnvironmentReport {
  /** Environment variables that change what bento does; empty where they are not set. */
  variables: [name: string, value: string][]
  /** Versions and places. */
  facts: [name: string, value: string][]
}

const VARIABLES = [
  'BENTOML_HOME',
  'BENTOML_CONTAINERIZE_BACKEND',
  'BENTOML_HOST',
  'BENTOML_PORT',
  'HOST',
  'PORT',
  'CI',
  'NODE_ENV',
  'NODE_OPTIONS',
  'SOURCE_DATE_EPOCH',
]
const BUNDLERS = ['vite', 'rollup', 'rolldown']
/** Milliseconds npm gets to tell its version. */
const NPM_TIME = 10_000

/**
 * Gathers what a bug report needs. Nothing secret: of the environment only the variables that bento itself reads.
 *
 * @param cwd where bundlers are looked for, as the build would find them.
 */
export async function collectEnvironment(cwd: string, env: NodeJS.ProcessEnv): Promise<EnvironmentReport> {
  const bundlers = BUNDLERS.map(async name => [name, await installedVersion(name, cwd)] as [string, string])
  return {
    variables: VARIABLES.map(name => [name, env[name] ?? '']),
    facts: [
      ['vite-plugin-bento', ownPackage().version],
      ['node', process.version.slice(1)],
      ['npm', await npmVersion(env)],
      ...(await Promise.all(bundlers)),
      ['home', bentoHome(env)],
      ['platform', `${process.platform} ${release()}`],
      ['architecture', process.arch],
      ['libc', libc()],
    ],
  }
}

async function installedVersion(name: string, cwd: string): Promise<string> {
  const { frameworkVersions } = await detectFramework(name, cwd)
  return frameworkVersions[name] ?? 'not found'
}

async function npmVersion(env: NodeJS.ProcessEnv): Promise<string> {
  try {
    const { file, args } = findNpm(env)
    const { stdout } = await promisify(execFile)(file, [...args, '--version'], { timeout: NPM_TIME })
    return stdout.trim()
  } catch {
    return 'not found'
  }
}

function libc(): string {
  if (process.platform !== 'linux') return 'of the system'
  // Looking up host names of open connections is what makes a report slow; none are open yet.
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } }
  return header.glibcVersionRuntime === undefined ? 'musl' : `glibc ${header.glibcVersionRuntime}`
}
