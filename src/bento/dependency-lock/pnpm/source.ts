import { posix } from 'node:path'
import type { LockEntry } from '../lock-file.js'
import { type Fields, fieldsOf } from './lock.js'

/** Where a locked package comes from, in npm's terms. */
export interface Source {
  resolved?: string
  integrity?: string
  /** A folder of the project, relative to the lock's. */
  folder?: string
  /** Why no npm lock can hold it. */
  unusable?: string
}

/** Reads pnpm's `resolution` of a package. */
export function sourceOf(resolution: Fields): Source {
  const { integrity, tarball, type, repo, commit, directory, path } = resolution
  if (typeof directory === 'string') return { folder: posix.normalize(directory) }
  if (type === 'git') {
    if (typeof repo !== 'string' || typeof commit !== 'string') return { unusable: 'a git dependency without commit' }
    return typeof path === 'string'
      ? { unusable: 'a folder within a git repository' }
      : { resolved: gitUrl(repo, commit) }
  }
  if (typeof type === 'string') return { unusable: `a ${type}, which npm does not know` }
  const pinned = typeof integrity === 'string' ? { integrity } : {}
  if (typeof tarball !== 'string') return pinned
  if (tarball.startsWith('file:'))
    return { resolved: `file:${posix.normalize(tarball.slice('file:'.length))}`, ...pinned }
  const git = hostedGit(tarball)
  if (git !== undefined)
    return typeof path === 'string' ? { unusable: 'a folder within a git repository' } : { resolved: git }
  return { resolved: tarball, ...pinned }
}

/** What npm writes for a commit of a repository. */
function gitUrl(repo: string, commit: string): string {
  const scp = /^([^/@:]+@[^/:]+):(.+)$/.exec(repo)
  const url = scp === null ? repo : `ssh://${scp[1]}/${scp[2]}`
  return `${url.startsWith('git') ? url : `git+${url}`}#${commit}`
}

/** pnpm fetches a commit of a known host as the tarball that the host makes of it: no integrity, bytes not promised. */
function hostedGit(tarball: string): string | undefined {
  const github = /^https:\/\/codeload\.github\.com\/([^/]+)\/([^/]+)\/tar\.gz\/([0-9a-f]{40})$/i.exec(tarball)
  if (github !== null) return `git+ssh://git@github.com/${github[1]}/${github[2]}.git#${github[3]}`
  const gitlab =
    /^https:\/\/gitlab\.com\/api\/v4\/projects\/([^/]+)\/repository\/archive\.tar\.gz\?ref=([0-9a-f]{40})$/i.exec(
      tarball,
    )
  if (gitlab !== null) return `git+ssh://git@gitlab.com/${decodeURIComponent(gitlab[1] ?? '')}.git#${gitlab[2]}`
  const bitbucket = /^https:\/\/bitbucket\.org\/([^/]+)\/([^/]+)\/get\/([0-9a-f]{40})\.tar\.gz$/i.exec(tarball)
  return bitbucket === null
    ? undefined
    : `git+ssh://git@bitbucket.org/${bitbucket[1]}/${bitbucket[2]}.git#${bitbucket[3]}`
}

/**
 * How a dependency on an entry is written where nothing else is known: exactly.
 *
 * @param isByUrl whether it was asked for by the URL of a tarball; private registries have URLs of any shape
 */
export function exactSpec(name: string, entry: LockEntry, isByUrl: boolean): string {
  if (entry.link === true) return '*'
  if (entry.resolved !== undefined && /^(?:git|file:)/.test(entry.resolved)) return entry.resolved
  if (isByUrl && entry.resolved !== undefined) return entry.resolved
  const version = entry.version ?? '*'
  return entry.name === undefined || entry.name === name ? version : `npm:${entry.name}@${version}`
}

/** The fields of pnpm's `packages` that npm's entries have too. */
export function publishedFields(fields: Fields): Record<string, unknown> {
  const lists = ['os', 'cpu', 'libc'].flatMap(name => {
    const list = typeof fields[name] === 'string' ? [fields[name]] : fields[name]
    return Array.isArray(list) && list.length > 0 ? [[name, list]] : []
  })
  const engines = Object.entries(fieldsOf(fields.engines))
  const deprecated = typeof fields.deprecated === 'string' ? [['deprecated', fields.deprecated]] : []
  return Object.fromEntries([
    ...lists,
    ...deprecated,
    ...(engines.length > 0 ? [['engines', Object.fromEntries(engines)]] : []),
  ])
}
