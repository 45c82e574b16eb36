import { cp, mkdir, readFile, readlink, realpath, rm, writeFile } from 'node:fs/promises'
import { dirname, isAbsolute, join } from 'node:path'
import { type AllowedPackage, allowedPackages } from '../bento/allow-scripts.js'
import { NPMRC, PACKAGE_JSON, PACKAGE_LOCK } from '../bento/layout.js'
import type { BentoEnv } from '../bento/types.js'
import { BentoError, isBentoError, systemCode } from '../core/errors.js'
import { copyTree } from '../files/copy.js'
import { hashFile, hashTree } from '../files/hash.js'
import { openStage } from '../files/stage.js'
import { bentoVariables, type Environment, effectiveVariables } from './environment.js'
import { currentPlatform, environmentName } from './environment-key.js'
import { localPaths, type NpmProject, readNpmProject } from './locked-packages.js'
import { type Command, findNpm, npmEnvironment, runNpm } from './npm.js'

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
 * @throws `INSTALL_FAILED`, `LOCK_MISSING`, `LOCK_INVALID`, `LOCK_UNSUPPORTED`, and those of the staging (`DISK_FULL`, …)
 */
export async function prepareEnvironment(request: EnvironmentRequest): Promise<string> {
  const { source, home, envs, env, onLine } = request
  const project = await readProject(source)
  const local = localPaths(project, source)
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
      await install(
        dir,
        project,
        npmEnvironment(env, bentoVariables(envs, 'install', env)),
        await peerOptions(source),
        onLine,
      )
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

async function install(
  dir: string,
  project: NpmProject,
  env: Environment,
  options: string[],
  onLine: (line: string) => void,
): Promise<void> {
  const npm = findNpm(env)
  const quiet = ['--no-audit', '--no-fund']
  const how = ['--omit=dev', '--ignore-scripts', '--install-strategy=hoisted', '--prefer-offline']
  await runNpm(npm, ['ci', ...how, ...options, ...quiet], dir, env)
  await runScripts(npm, await present(dir, allowedPackages(project)), dir, env, onLine)
  await replaceAbsoluteLinks(dir, project)
}

/** What npm left out on this platform has no scripts to run. */
async function present(dir: string, packages: AllowedPackage[]): Promise<AllowedPackage[]> {
  const there = await Promise.all(packages.map(({ path }) => isFolder(join(dir, path))))
  return packages.filter((_, index) => there[index])
}

/**
 * Runs the install scripts of the allowed packages. npm 11 runs those of every package that nobody denied, and npm 10
 * knows no policy, so `npm ci` runs none and each allowed package is named here, by its folder.
 */
async function runScripts(
  npm: Command,
  packages: AllowedPackage[],
  dir: string,
  env: Environment,
  onLine: (line: string) => void,
): Promise<void> {
  const rebuild = (paths: string[]) => runNpm(npm, ['rebuild', ...paths.map(path => `./${path}`)], dir, env)
  const needed = packages.filter(({ optional }) => !optional).map(({ path }) => path)
  if (needed.length > 0) await rebuild(needed)
  for (const { path, name } of packages.filter(({ optional }) => optional)) {
    try {
      await rebuild([path])
    } catch (error) {
      if (!isBentoError(error, 'INSTALL_FAILED')) throw error
      // As npm does with an optional package whose scripts fail.
      onLine(`The optional package ${name} could not be built and is left out.`)
      await rm(join(dir, path), { recursive: true, force: true })
    }
  }
}

/**
 * On Windows npm links local packages by absolute paths, which the renaming of the stage would break: a copy takes
 * the link's place.
 */
async function replaceAbsoluteLinks(dir: string, project: NpmProject): Promise<void> {
  for (const [path, entry] of Object.entries(project.packages)) {
    if (entry.link !== true || entry.resolved === undefined) continue
    const link = join(dir, path)
    const target = await readlink(link).catch(() => undefined)
    if (target === undefined || !isAbsolute(target)) continue
    await rm(link, { recursive: true, force: true })
    await copyTree(join(dir, entry.resolved), link)
  }
}
