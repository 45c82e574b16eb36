import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { BentoError, isBentoError, systemCode } from '../../core/errors.js'
import { isDiskFull } from '../../files/errors.js'
import { type ArboristNode, newArborist } from './arborist.js'
import { type EdgeProblem, edgeProblems, optionalGaps } from './edge-problems.js'
import type { LocalSource } from './local-packages.js'
import type { LockEntry } from './lock-file.js'
import { lockText, reflag } from './lock-text.js'
import type { NpmOptions } from './npm-options.js'

/** A lock that npm agrees with. */
export interface SettledLock {
  packageJson: Record<string, unknown>
  text: string
  entries: Map<string, LockEntry>
  npmrc: string | undefined
  warnings: string[]
}

/**
 * Lets npm's own engine judge package.json and entries: it drops what nothing needs, says how each entry is reached
 * (dev, optional, peer), and proves that `npm ci` would install exactly this. All in a temporary folder, offline, with
 * an empty cache, so that nothing can be resolved afresh.
 *
 * @throws `LOCK_INCOMPLETE` where `npm ci` would refuse or change the lock; `DISK_FULL`, `IO_FAILED`
 * of the temporary folder.
 */
export async function settleLock(
  manifest: Record<string, unknown>,
  source: ReadonlyMap<string, LockEntry>,
  locals: readonly LocalSource[],
  npm: NpmOptions,
  lockPath: string,
): Promise<SettledLock> {
  const dir = await temporaryFolder()
  try {
    await writeJson(join(dir, 'package.json'), manifest)
    for (const { to, packageJson: own } of locals) await writeJson(join(dir, to, 'package.json'), own)
    const lockFile = join(dir, 'package-lock.json')
    // A root entry that says nothing makes npm compute every flag afresh.
    await writeFile(lockFile, lockText({}, source))
    const load = (legacyPeerDeps: boolean) => newTree(dir, legacyPeerDeps, 'loadVirtual', lockPath)

    let packageJson = manifest
    let legacyPeerDeps = false
    let tree = await load(false)
    let problems = edgeProblems(tree.inventory.values(), 'the bento')
    const warnings = problems.map(({ text }) => `A peer dependency is broken in the lock: ${text}.`)
    const tolerable = problems.every(({ peer, kind }) => peer && (npm.legacyPeerDeps || kind === 'invalid'))
    if (problems.length > 0 && tolerable) {
      // The user had npm ignore such peers. Then it heeds none, and would leave out what only a peer asks for.
      legacyPeerDeps = true
      packageJson = withPeers(manifest, await load(true))
      await writeJson(join(dir, 'package.json'), packageJson)
      tree = await load(true)
      problems = edgeProblems(tree.inventory.values(), 'the bento')
    }
    if (problems.length > 0) throw incomplete(lockPath, problems)

    const entries = flagged(tree, source)
    const text = lockText(packageJson, entries)
    await writeFile(lockFile, text)
    const ideal = await newTree(dir, legacyPeerDeps, 'buildIdealTree', lockPath)
    proveEqual(ideal, entries, lockPath)
    return {
      packageJson,
      text,
      entries,
      npmrc: legacyPeerDeps ? 'legacy-peer-deps=true\n' : undefined,
      warnings: [...warnings, ...optionalGaps([...tree.inventory.values()].filter(node => !node.extraneous))],
    }
  } catch (error) {
    throw temporaryFailed(error)
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

async function temporaryFolder(): Promise<string> {
  try {
    return await realpath(await mkdtemp(join(tmpdir(), 'bento-lock-')))
  } catch (error) {
    throw temporaryFailed(error)
  }
}

function temporaryFailed(error: unknown): unknown {
  const code = systemCode(error)
  if (isBentoError(error) || code === undefined) return error
  return new BentoError(isDiskFull(error) ? 'DISK_FULL' : 'IO_FAILED', `Cannot work in ${tmpdir()}: ${code}.`, {
    hint: 'Free some space there, or point TMPDIR at another folder.',
    cause: error,
  })
}

/** Makes the peers that nothing else asks for direct dependencies. */
function withPeers(manifest: Record<string, unknown>, legacy: ArboristNode): Record<string, unknown> {
  const peers = [...legacy.inventory.values()].filter(
    ({ extraneous, isLink, location, name }) => extraneous && !isLink && location === `node_modules/${name}`,
  )
  const added = Object.fromEntries(peers.map(({ name, version }) => [name, version]))
  const dependencies = { ...added, ...(manifest.dependencies as Record<string, string> | undefined) }
  return { ...manifest, dependencies: Object.fromEntries(Object.entries(dependencies).sort()) }
}

async function newTree(
  dir: string,
  legacyPeerDeps: boolean,
  way: 'loadVirtual' | 'buildIdealTree',
  lockPath: string,
): Promise<ArboristNode> {
  const arborist = await newArborist({ path: dir, cache: join(dir, '.cache'), legacyPeerDeps, installLinks: false })
  try {
    return await arborist[way]()
  } catch (error) {
    // Not passed on as the cause: npm's messages may hold registry addresses.
    const code = (error as { code?: string }).code
    throw new BentoError(
      'LOCK_INCOMPLETE',
      `npm cannot install what ${lockPath} holds for the bento (${code ?? 'no code'}).`,
      {
        hint: 'Run "npm install", then "npm ci" in the project: it shows what is wrong.',
        details: { npmCode: code },
      },
    )
  }
}

function flagged(tree: ArboristNode, source: ReadonlyMap<string, LockEntry>): Map<string, LockEntry> {
  const nodes = new Map([...tree.inventory.values()].map(node => [node.location, node]))
  return new Map(
    [...source].flatMap(([location, entry]): [string, LockEntry][] => {
      const node = nodes.get(location)
      return node === undefined || node.extraneous ? [] : [[location, reflag(entry, node)]]
    }),
  )
}

/** As `npm ci` does (npm 11, `validate-lockfile.js`), and the other way round: it lets superfluous entries pass. */
function proveEqual(ideal: ArboristNode, entries: ReadonlyMap<string, LockEntry>, lockPath: string): void {
  const nodes = new Map(
    [...ideal.inventory.values()].filter(node => node.location !== '').map(node => [node.location, node]),
  )
  const differing = [...nodes.values()]
    // Offline, an optional package without an entry stays a node without version.
    .filter(node => !(node.optional && !node.version))
    .filter(({ location, version }) => {
      const entry = entries.get(location)
      return entry === undefined || (entry.version !== undefined && entry.version !== version)
    })
    .map(node => `${node.name}@${node.version}`)
  const superfluous = [...entries.keys()].filter(location => !nodes.has(location))
  if (differing.length + superfluous.length === 0) return
  throw incomplete(lockPath, [
    ...differing.map((text): EdgeProblem => ({ kind: 'missing', peer: false, text: `npm would add ${text}` })),
    ...superfluous.map((text): EdgeProblem => ({ kind: 'invalid', peer: false, text: `npm would remove ${text}` })),
  ])
}

function incomplete(lockPath: string, problems: readonly EdgeProblem[]): BentoError {
  const lines = problems.map(({ text }) => text)
  const peers = problems.every(({ peer }) => peer)
  return new BentoError('LOCK_INCOMPLETE', `${lockPath} does not hold all that the bento needs: ${lines.join('; ')}.`, {
    hint: peers
      ? 'Run "npm install"; if it was made with --legacy-peer-deps, put "legacy-peer-deps=true" in the project\'s .npmrc.'
      : 'Run "npm install" and commit the lock it writes.',
    details: { problems: lines },
  })
}

async function writeJson(path: string, value: unknown): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, `${JSON.stringify(value, undefined, 2)}\n`)
}
