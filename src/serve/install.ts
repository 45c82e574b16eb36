import { existsSync } from 'node:fs'
import { cp, mkdir, readFile, realpath, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type AllowedPackage, allowedPackages } from '../bento/allow-scripts.js'
import { NPMRC, PACKAGE_JSON, PACKAGE_LOCK, PATCHES } from '../bento/layout.js'
import type { BentoEnv } from '../bento/types.js'
import { BentoError, systemCode } from '../core/errors.js'
import { copyTree } from '../files/copy.js'
import { hashFile, hashTree } from '../files/hash.js'
import { openStage } from '../files/stage.js'
import { bentoVariables, type Environment, effectiveVariables } from './environment.js'
import { currentPlatform, environmentName } from './environment-key.js'
import { installPackages } from './install-packages.js'
import { localPaths, type NpmProject, readNpmProject } from './locked-packages.js'
import { findNpm, npmEnvironment } from './npm.js'

/** What {@link prepareEnvironment} needs. */
export interface EnvironmentRequest {
  /** Absolute path of the bento's `src/`. */
  source: string
  /** Store home; the environment is made in its `envs/`. */
  home: string
  /** The bento's variables; those of stage `build` and `all` reach the install. */
  envs: readonly BentoEnv[]
  /** The caller's environment. */
  env: Environment
  /** Stops the install. */
  signal: AbortSignal
  /** Told what goes on, a line each time. */
  onLine: (line: string) => void
}

/**
 * Makes sure that the locked packages of a bento are installed for this machine and Node, and returns the folder that
 * holds their `node_modules`: `<home>/envs/node-<digest>`. A folder that is there is used as it is; else `npm ci` runs
 * in a stage that is renamed into place, so a half-made one is never seen. Two at once both install, and one wins.
 *
 * Install scripts run only for the packages that {@link allowedPackages} names; never those of the bento itself.
 *
 * @throws `INSTALL_FAILED`, `LOCK_MISSING`, `LOCK_INVALID`, `LOCK_UNSUPPORTED`, and those of the staging (`DISK_FULL`, …);
 *   the signal's reason where that aborted
 */
export async function prepareEnvironment(request: EnvironmentRequest): Promise<string> {
  const { source, home, envs, env, signal, onLine } = request
  const project = await readProject(source)
  const local = localPaths(project, source)
  if (existsSync(join(source, PATCHES))) local.folders.push(PATCHES)
  const variables = effectiveVariables(envs, 'install', env)
  const name = environmentName(project, currentPlatform(), await digests(source, local), variables)
  const folder = join(home, 'envs', name)
  if (await isFolder(folder)) return folder
  const count = Object.keys(project.packages).filter(path => path !== '').length
  const stage = await openStage(home)
  try {
    // npm compares real paths.
    const dir = await realpath(stage.dir)
    await writeProject(dir, project, source, local)
    if (count > 0) {
      onLine(`Installing the locked packages (${count}), once for this lock, into ${folder}`)
      const npmEnv = npmEnvironment(env, bentoVariables(envs, 'install', env))
      const run = { npm: findNpm(npmEnv), cwd: dir, env: npmEnv, signal }
      await installPackages(project, run, await peerOptions(source), onLine)
    }
    await mkdir(join(dir, 'node_modules'), { recursive: true })
    await stage.publish(folder)
  } finally {
    await stage.discard()
  }
  return folder
}

async function readProject(source: string): Promise<NpmProject> {
  const [packageJson, lock] = await Promise.all([
    readText(join(source, PACKAGE_JSON)),
    readText(join(source, PACKAGE_LOCK)),
  ])
  return readNpmProject(packageJson ?? '{}', lock, source)
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    throw new BentoError('IO_FAILED', `Cannot read ${path}: ${systemCode(error) ?? error}.`, { cause: error })
  }
}

async function digests(source: string, local: ReturnType<typeof localPaths>): Promise<Record<string, string>> {
  const result: Record<string, string> = {}
  try {
    for (const file of local.files) result[file] = await hashFile(join(source, file))
    for (const folder of local.folders) {
      for (const file of await hashTree(join(source, folder))) result[`${folder}/${file.path}`] = file.sha256
    }
    return result
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error
    throw new BentoError('LOCK_INVALID', `${join(source, PACKAGE_LOCK)} points at a file that is not in the bento.`, {
      cause: error,
    })
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    await realpath(path)
    return true
  } catch {
    return false
  }
}

/** The files npm needs, and no others: a `.npmrc` of the bento does not come along. */
async function writeProject(
  dir: string,
  project: NpmProject,
  source: string,
  local: ReturnType<typeof localPaths>,
): Promise<void> {
  // Scripts of the bento itself are none of the install's.
  const { scripts: _scripts, allowScripts: _allowScripts, ...packageJson } = project.packageJson
  const allowScripts = Object.fromEntries(
    allowedPackages(project)
      .flatMap(policyKeys)
      .map(key => [key, true]),
  )
  await writeFile(join(dir, PACKAGE_JSON), JSON.stringify({ ...packageJson, allowScripts }, null, 2))
  await writeFile(join(dir, PACKAGE_LOCK), JSON.stringify(project.lock, null, 2))
  for (const file of local.files) {
    await mkdir(dirname(join(dir, file)), { recursive: true })
    await cp(join(source, file), join(dir, file))
  }
  for (const folder of local.folders) {
    await copyTree(join(source, folder), join(dir, folder), { filter: entry => entry.path !== 'node_modules' })
  }
}

/** npm 12 asks its own policy again when it is told to run a package's scripts; a bare name it can always verify. */
function policyKeys(allowed: AllowedPackage): string[] {
  return allowed.registry ? [allowed.name] : allowed.keys
}

/**
 * The one thing a bento's `.npmrc` is heeded for: a lock with peers that npm was told to ignore is refused without it.
 * Anything else in such a file (a registry, `git=./evil.sh`) is a stranger's.
 */
async function peerOptions(source: string): Promise<string[]> {
  const text = (await readText(join(source, NPMRC))) ?? ''
  return /^legacy-peer-deps=true$/m.test(text) ? ['--legacy-peer-deps'] : []
}
