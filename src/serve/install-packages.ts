import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readlink, realpath, rm } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type AllowedPackage, allowedPackages } from '../bento/allow-scripts.js'
import { PATCH_LIST } from '../bento/layout.js'
import { BentoError, isBentoError } from '../core/errors.js'
import { visible } from '../core/text.js'
import { copyTree } from '../files/copy.js'
import type { NpmProject } from './locked-packages.js'
import { type NpmRun, runNpm } from './npm.js'

const PATCHER_FILE = fileURLToPath(new URL('../../dist/runtime/apply-patches.js', import.meta.url))

/**
 * Installs a lock's packages in `run.cwd`, where package.json and lock lie: `npm ci` without scripts, then the scripts of
 * those packages that the bento allows.
 *
 * @param options npm's, on top
 * @param onLine told of optional packages that could not be built
 * @throws `INSTALL_FAILED`; the reason of `run.signal` where that aborted
 */
export async function installPackages(
  project: NpmProject,
  run: NpmRun,
  options: readonly string[],
  onLine: (line: string) => void,
): Promise<void> {
  const quiet = ['--no-audit', '--no-fund']
  const how = ['--omit=dev', '--ignore-scripts', '--install-strategy=hoisted', '--prefer-offline']
  await runNpm(['ci', ...how, ...options, ...quiet], run)
  if (existsSync(join(run.cwd, PATCH_LIST))) await applyPatches(run)
  await runScripts(await present(run.cwd, allowedPackages(project)), run, onLine)
  await replaceAbsoluteLinks(run.cwd, project)
}

/**
 * Patches what was installed. By our own program: what comes with the bento is run by nobody but the service itself.
 *
 * @throws `INSTALL_FAILED` naming the patch that does not fit
 */
async function applyPatches({ cwd, env, signal }: NpmRun): Promise<void> {
  try {
    await promisify(execFile)(process.execPath, [PATCHER_FILE, cwd], { env, signal })
  } catch (error) {
    signal.throwIfAborted()
    const { stderr = '' } = error as { stderr?: string }
    throw new BentoError('INSTALL_FAILED', `The patches of the bento cannot be applied: ${visible(stderr.trim())}.`)
  }
}

/** What npm left out on this platform has no scripts to run. */
async function present(dir: string, packages: AllowedPackage[]): Promise<AllowedPackage[]> {
  const there = await Promise.all(packages.map(({ path }) => stands(join(dir, path))))
  return packages.filter((_, index) => there[index])
}

async function stands(path: string): Promise<boolean> {
  return realpath(path).then(
    () => true,
    () => false,
  )
}

/**
 * Runs the install scripts of the allowed packages. npm 11 runs those of every package that nobody denied, and npm 10
 * knows no policy, so `npm ci` runs none and each allowed package is named here, by its folder.
 */
async function runScripts(packages: AllowedPackage[], run: NpmRun, onLine: (line: string) => void): Promise<void> {
  const rebuild = (paths: string[]) => runNpm(['rebuild', ...paths.map(path => `./${path}`)], run)
  const needed = packages.filter(({ optional }) => !optional).map(({ path }) => path)
  if (needed.length > 0) await rebuild(needed)
  for (const { path, name } of packages.filter(({ optional }) => optional)) {
    try {
      await rebuild([path])
    } catch (error) {
      if (!isBentoError(error, 'INSTALL_FAILED')) throw error
      // As npm does with an optional package whose scripts fail.
      onLine(`The optional package ${name} could not be built and is left out.`)
      await rm(join(run.cwd, path), { recursive: true, force: true })
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
