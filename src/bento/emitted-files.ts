import { lstat, readFile, readlink } from 'node:fs/promises'
import { join, posix } from 'node:path'
import { BentoError } from '../core/errors.js'
import { nameProblem } from '../core/file-name.js'
import { visible } from '../core/text.js'
import { readError } from '../files/errors.js'
import { FILES_AT_ONCE, forEachLimit } from '../files/pool.js'
import { OWN_SOURCES, SERVER, SOURCE } from './layout.js'
import type { PlannedFile } from './planned-file.js'
import { isSecretPath, tokenIn } from './secrets.js'

/** Larger files are data; looking for tokens in them would cost more than it finds. */
const SCAN_LIMIT = 1 << 20

/** A file from outside that is to lie in `src/`. */
export interface ForeignFile {
  /** POSIX path below `src/`. */
  to: string
  /** Absolute path of the original. */
  from: string
  /** Whether the user named it outright, so that it goes along although its name is that of a secret. */
  named?: boolean
}

/**
 * Turns files that the build emitted, or that belong to local packages, into planned files below `src/`. Files whose
 * names are those of secrets are left out with a warning; relative links that stay in `src/` are kept as links.
 *
 * @param ownServer whether the bento writes `src/server.js` itself
 * @throws `OUTPUT_CONFLICT` for files in the place of the bento's own, `SERVICE_UNSUPPORTED` for names and links that no
 * bento can hold, each naming all of them at once; `IO_FAILED` for an unreadable one.
 */
export async function planForeign(
  files: readonly ForeignFile[],
  ownServer: boolean,
): Promise<{ plan: PlannedFile[]; warnings: string[] }> {
  refuseNames(files)
  refuseConflicts(files, ownServer ? [...OWN_SOURCES, SERVER] : OWN_SOURCES)
  const plan: PlannedFile[] = []
  const warnings: string[] = []
  const badLinks: string[] = []
  await forEachLimit(files, FILES_AT_ONCE, async file => {
    if (isSecretPath(file.to) && file.named !== true) {
      warnings.push(`${visible(file.to)} was left out: files of that name hold secrets, and bentos are passed around.`)
      return
    }
    const target = await linkTarget(file.from)
    if (target !== undefined) {
      if (staysInside(file.to, target)) plan.push({ path: `${SOURCE}/${file.to}`, target })
      else badLinks.push(`${visible(file.to)} -> ${visible(target)}`)
      return
    }
    plan.push({ path: `${SOURCE}/${file.to}`, from: file.from })
    const token = tokenIn(await startOf(file.from))
    if (token !== undefined) warnings.push(`${visible(file.to)} seems to hold ${token}. It is part of the bento.`)
  })
  if (badLinks.length > 0) {
    throw new BentoError(
      'SERVICE_UNSUPPORTED',
      `The service holds links that lead out of it: ${badLinks.sort().join(', ')}.`,
      {
        hint: 'A bento must be whole by itself: copy the files instead.',
        details: { links: badLinks },
      },
    )
  }
  return { plan, warnings: warnings.sort() }
}

function refuseNames(files: readonly ForeignFile[]): void {
  const bad = files.flatMap(({ to }) => {
    const problem = nameProblem(to)
    return problem === undefined ? [] : [`"${visible(to)}" (${problem})`]
  })
  if (bad.length > 0) {
    throw new BentoError('SERVICE_UNSUPPORTED', `The build emits files that a bento can't hold: ${bad.join(', ')}.`, {
      hint: 'Rename them in the bundler options output.entryFileNames, chunkFileNames or assetFileNames.',
    })
  }
}

/** Compared as a file system that folds case and Unicode forms would: a bento must unpack on macOS and Windows too. */
function refuseConflicts(files: readonly ForeignFile[], own: readonly string[]): void {
  const taken = new Map(own.map(name => [folded(name), 'the bento has its own']))
  const conflicts: string[] = []
  for (const { to } of files) {
    const why = to.startsWith('node_modules/') ? 'npm ci empties that folder' : taken.get(folded(to))
    if (why !== undefined) conflicts.push(`"${visible(to)}" (${why})`)
    taken.set(folded(to), `another file is called so, as some disks see it`)
  }
  if (conflicts.length > 0) {
    throw new BentoError(
      'OUTPUT_CONFLICT',
      `The build emits files where no room is for them: ${conflicts.join(', ')}.`,
      {
        hint: 'Rename or move them in the bundler options output.entryFileNames, chunkFileNames or assetFileNames.',
      },
    )
  }
}

function folded(path: string): string {
  return path.normalize('NFC').toLowerCase()
}

async function linkTarget(path: string): Promise<string | undefined> {
  try {
    return (await lstat(path)).isSymbolicLink() ? await readlink(path) : undefined
  } catch (error) {
    throw readError(error, 'read a file of the build', path)
  }
}

/** Whether a link at `path` that holds `target` leads to a place below `src/`. */
function staysInside(path: string, target: string): boolean {
  const end = posix.join(posix.dirname(path), target)
  return (
    !posix.isAbsolute(target) &&
    nameProblem(target.replace(/^(?:\.{1,2}\/)+/, '')) === undefined &&
    !/^\.\.(?:\/|$)/.test(end)
  )
}

async function startOf(path: string): Promise<string> {
  const stats = await lstat(path)
  return stats.isFile() && stats.size <= SCAN_LIMIT ? readFile(path, 'latin1') : ''
}

/** Files below `root` as they are to lie below `to` in `src/`. */
export function below(root: string, files: readonly string[], to = ''): ForeignFile[] {
  return files.map(path => ({ to: to === '' ? path : `${to}/${path}`, from: join(root, path) }))
}
