import { BentoError } from '../../core/errors.js'
import { localTarball } from './bento-manifest.js'
import type { LockEntry } from './lock-file.js'
import { edgesOf, entryLabel, isLocal, splitLocation } from './lock-graph.js'
import { type Layout, localHome } from './place.js'
import type { Project } from './project.js'

/** Entries for the bento's lock, before npm's flags are set, and what had to be said about them. */
export interface BentoEntries {
  entries: Map<string, LockEntry>
  warnings: string[]
}

/**
 * Copies the laid-out entries word for word. Changed are only pointers that would lead outside the bento, and registry
 * addresses that carry a credential: integrity pins the content, so their query and user are dropped.
 *
 * @param localEntries entries of the project's own packages, by their location in the bento
 * @throws `LOCK_INCOMPLETE` naming every entry without version or SHA-512 (or SHA-256, SHA-384) integrity,
 * `LOCK_UNSUPPORTED` for git dependencies without a full commit and for URL dependencies that carry a credential.
 */
export function bentoEntries(
  project: Project,
  layout: Layout,
  localEntries: ReadonlyMap<string, LockEntry>,
  files: Map<string, string>,
): BentoEntries {
  const { lock } = project
  const entries = new Map<string, LockEntry>()
  const warnings: string[] = []
  const incomplete: string[] = []
  const unsupported: string[] = []
  const byUrl = urlDependencies(project, layout)
  for (const [home, location] of layout) {
    const entry = lock.packages.get(location)
    if (entry === undefined) continue
    const label = entryLabel(lock, location)
    if (isLocal(home)) {
      entries.set(home, localEntries.get(home) ?? entry)
    } else if (entry.link === true) {
      entries.set(home, { ...entry, resolved: localHome(lock, entry.resolved ?? '') })
    } else if (isBundled(layout, lock.packages, home, location)) {
      entries.set(home, entry)
    } else if (entry.resolved?.startsWith('file:') === true) {
      entries.set(home, named(home, { ...entry, resolved: localTarball(project, entry.resolved, files) }))
    } else if (entry.resolved?.startsWith('git') === true) {
      unsupported.push(...gitProblems(label, entry.resolved))
      warnings.push(
        `${label} is a git dependency: installing it needs git and the network, and no integrity pins it but its commit.`,
      )
      entries.set(home, named(home, entry))
    } else {
      const problem = incompleteness(entry)
      if (problem !== undefined) incomplete.push(`${label} (${problem})`)
      if (byUrl.has(location) && carriesMore(entry.resolved))
        unsupported.push(`${label} comes from a URL with a user, password or query`)
      entries.set(home, named(home, scrubbed(unpatched(entry))))
    }
  }
  if (unsupported.length > 0) {
    throw new BentoError(
      'LOCK_UNSUPPORTED',
      `${lock.path} holds what a bento cannot carry: ${unsupported.join('; ')}.`,
      {
        hint: 'Install these from a registry, or as a tarball below the project ("file:vendor/x.tgz").',
        details: { problems: unsupported },
      },
    )
  }
  if (incomplete.length > 0) {
    throw new BentoError('LOCK_INCOMPLETE', `${lock.path} lacks what pins its packages: ${incomplete.join('; ')}.`, {
      hint:
        lock.manager === 'npm'
          ? 'Delete node_modules and the lock, then run "npm install": npm fills in integrity only when it resolves afresh.'
          : 'Install these from a registry, or as a tarball below the project ("file:vendor/x.tgz").',
      details: { packages: incomplete },
    })
  }
  return { entries, warnings }
}

/** npm 12 would ask for its own list of patches, and older ones know of none: the bento applies them itself. */
function unpatched(entry: LockEntry): LockEntry {
  const { patched, ...rest } = entry
  return patched === undefined ? entry : rest
}

/** npm notes a name only where the folder does not tell it. */
function named(home: string, entry: LockEntry): LockEntry {
  if (entry.name === undefined || entry.name !== splitLocation(home).name) return entry
  const { name: _, ...rest } = entry
  return rest
}

/** Bundled in the tarball of the entry it lies below, so without version check or integrity of its own. */
function isBundled(layout: Layout, packages: ReadonlyMap<string, LockEntry>, home: string, location: string): boolean {
  if (packages.get(location)?.inBundle !== true) return false
  const { holder } = splitLocation(home)
  return holder !== '' && layout.get(holder) === splitLocation(location).holder
}

function incompleteness(entry: LockEntry): string | undefined {
  if (entry.version === undefined) return 'no version'
  if (entry.integrity === undefined) return 'no integrity'
  return /(?:^|\s)sha(?:256|384|512)-/.test(entry.integrity) ? undefined : 'only a weak integrity hash'
}

/** Locations that some kept package asks for by URL instead of by version. */
function urlDependencies(project: Project, layout: Layout): Set<string> {
  const { lock } = project
  const { packages } = lock
  const found = new Set<string>()
  const sources = [...new Set([...layout.values(), project.location, ''])]
  for (const location of sources) {
    const entry = packages.get(location)
    if (entry === undefined) continue
    const all = { ...(entry.devDependencies as Record<string, string> | undefined) }
    for (const { name, spec } of edgesOf(entry)) all[name] = spec
    for (const [name, spec] of Object.entries(all)) {
      if (!/^https?:/i.test(spec)) continue
      const target = lock.find(location, name)
      if (target !== undefined) found.add(target)
    }
  }
  return found
}

function carriesMore(resolved: string | undefined): boolean {
  return resolved !== undefined && scrub(resolved) !== resolved
}

function scrubbed(entry: LockEntry): LockEntry {
  return entry.resolved === undefined ? entry : { ...entry, resolved: scrub(entry.resolved) }
}

function scrub(address: string): string {
  return /^https?:/i.test(address) ? address.replace(/[?#].*$/s, '').replace(/^(https?:\/\/)[^/]*@/i, '$1') : address
}

function gitProblems(label: string, resolved: string): string[] {
  if (!/#[0-9a-f]{40}(?:[0-9a-f]{24})?$/i.test(resolved)) return [`${label} is a git dependency without a full commit`]
  return hasCredential(resolved) ? [`${label} comes from a git address with a user or password`] : []
}

/** Whether text holds an address with a user or password; `git@` is everyone's. */
export function hasCredential(text: string): boolean {
  return /:\/\/(?!git@)[^/\s"'@]*@/.test(text)
}
