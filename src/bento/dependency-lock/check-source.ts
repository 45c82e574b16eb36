import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { BentoError } from '../../core/errors.js'
import { type ArboristNode, newArborist } from './arborist.js'
import { edgeProblems } from './edge-problems.js'
import { readIfThere } from './find-lock.js'
import { isObject } from './lock-file.js'
import { isLocal } from './lock-graph.js'
import type { NpmOptions } from './npm-options.js'
import type { Project } from './project.js'

/**
 * Loads the project's tree as its lock and package.json files describe it, and compares the two.
 *
 * @throws `LOCK_STALE` naming every dependency of the project's own packages that the lock does not satisfy.
 */
export async function loadSourceTree(project: Project, npm: NpmOptions): Promise<ArboristNode> {
  // It reads lock and package.json files only; neither cache nor network come into it.
  const arborist = await newArborist({ path: project.lockRoot, cache: project.lockRoot, ...npm })
  let tree: ArboristNode
  try {
    tree = await arborist.loadVirtual()
  } catch (error) {
    const code = (error as { code?: string }).code
    if (code === 'EOVERRIDE') throw stale(project, [(error as Error).message])
    throw new BentoError('LOCK_INVALID', `npm cannot read ${project.lock.path} (${code ?? (error as Error).name}).`, {
      hint: 'Run "npm ci" in the project: it shows what is wrong.',
      details: { path: project.lock.path, npmCode: code },
    })
  }
  // npm installs nothing for a folder that is linked from outside, so the lock need not hold what it wants.
  const own = [...tree.inventory.values()].filter(
    ({ location }) => location === '' || (isLocal(location) && !location.startsWith('../')),
  )
  const problems = edgeProblems(own, rootName(project))
  if (problems.length > 0)
    throw stale(
      project,
      problems.map(({ text }) => text),
    )
  return tree
}

/**
 * Checks what of the lock goes into the bento.
 *
 * @param kept locations in the project's lock
 * @throws `LOCK_INCOMPLETE` for entries that are missing, `LOCK_STALE` for versions that do not fit (an override added
 * since). Peers that do not fit are npm's to leave as they are.
 */
export function checkKept(project: Project, tree: ArboristNode, kept: ReadonlySet<string>): void {
  const nodes = [...tree.inventory.values()].filter(({ location }) => kept.has(location))
  const problems = edgeProblems(nodes, rootName(project)).filter(({ peer }) => !peer)
  const invalid = problems.filter(({ kind }) => kind === 'invalid').map(({ text }) => text)
  if (invalid.length > 0) throw stale(project, invalid)
  const missing = problems.map(({ text }) => text)
  if (missing.length === 0) return
  throw new BentoError('LOCK_INCOMPLETE', `${project.lock.path} has gaps: ${missing.join('; ')}.`, {
    hint: 'Run "npm install" and commit the lock it writes.',
    details: { problems: missing },
  })
}

/**
 * Checks that the patches are those that npm 12 locked.
 *
 * @throws `LOCK_STALE` naming every patch that was changed since, or that is gone
 */
export async function checkPatches(project: Project, kept: ReadonlySet<string>): Promise<void> {
  const patched = [...kept].flatMap(location => {
    const { patched } = project.lock.packages.get(location) ?? {}
    return isObject(patched) && typeof patched.path === 'string' ? [patched] : []
  })
  const problems: string[] = []
  for (const { path, integrity } of patched) {
    const text = await readIfThere(join(project.lockRoot, String(path)))
    const now = text === undefined ? undefined : `sha512-${createHash('sha512').update(text).digest('base64')}`
    if (now !== integrity) problems.push(`the patch ${path} ${now === undefined ? 'is gone' : 'was changed'}`)
  }
  if (problems.length > 0) throw stale(project, [...new Set(problems)])
}

function rootName(project: Project): string {
  return typeof project.rootManifest.name === 'string' ? project.rootManifest.name : 'package.json'
}

function stale(project: Project, problems: string[]): BentoError {
  return new BentoError('LOCK_STALE', `package.json and ${project.lock.path} disagree: ${problems.join('; ')}.`, {
    hint: 'Run "npm install" and commit the lock it writes.',
    details: { path: project.lock.path, problems },
  })
}
