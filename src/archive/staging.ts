import { randomBytes } from 'node:crypto'
import { lstat, mkdir, readdir, rmdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { systemCode } from '../core/errors.js'
import { noteUnfinished } from '../files/cleanup.js'
import { isMissing } from '../files/errors.js'
import { ownerOf, ownerState, stageName, thisProcess } from '../files/owner.js'
import { removeTree } from '../files/remove.js'

/** A dot, so that nobody's `*.bentomodel` finds what is half written. */
const HIDDEN = '.'

/**
 * Something half made in a folder of the user's, where the finished thing will stand: its name tells its owner, so that
 * what a killed process left is known for what it is.
 */
export class Staging {
  /** Absolute path. Nothing is there yet. */
  readonly path: string
  readonly #release: () => void
  readonly #parents: readonly string[]

  private constructor(path: string, parents: readonly string[]) {
    this.path = path
    this.#parents = parents
    this.#release = noteUnfinished(path)
  }

  /**
   * Chooses a name in `parent`, which is made if need be, and removes what dead processes of ours left there.
   *
   * @throws the system's own errors
   */
  static async in(parent: string): Promise<Staging> {
    const made = await makeFolders(parent)
    await sweepLeftovers(parent)
    const name = `${HIDDEN}${stageName(thisProcess())}${randomBytes(6).toString('hex')}`
    return new Staging(join(parent, name), made)
  }

  /** What was made has its place: what is left of the staging goes. */
  async done(): Promise<void> {
    await this.#remove()
  }

  /** All goes, the folders above included that were made for it. Never throws. */
  async discard(): Promise<void> {
    await this.#remove()
    for (const folder of this.#parents) await rmdir(folder).catch(() => undefined)
  }

  async #remove(): Promise<void> {
    await removeTree(this.path).catch(() => undefined)
    this.#release()
  }
}

/** Removes what processes of ours that are dead for certain left in a folder. Best effort. */
export async function sweepLeftovers(dir: string): Promise<void> {
  const names = await readdir(dir).catch(() => [])
  for (const name of names) {
    const owner = name.startsWith(HIDDEN) ? ownerOf(name.slice(HIDDEN.length)) : undefined
    if (owner !== undefined && ownerState(owner) === 'dead') await removeTree(join(dir, name)).catch(() => undefined)
  }
}

/** Whether anything stands at a path; a link counts, wherever it leads. */
export async function kindAt(path: string): Promise<'file' | 'folder' | 'link' | 'device' | undefined> {
  const found = await lstat(path).catch(error => {
    if (isMissing(error)) return undefined
    throw error
  })
  if (found === undefined) return undefined
  if (found.isDirectory()) return 'folder'
  if (found.isSymbolicLink()) return 'link'
  return found.isFile() ? 'file' : 'device'
}

/** Makes a folder and those above it; returns those that are new, innermost first. */
async function makeFolders(dir: string): Promise<string[]> {
  const made: string[] = []
  const first = await mkdir(dir, { recursive: true }).catch(error => {
    // Where a file stands in its place, mkdir says so only if it is the last one.
    throw systemCode(error) === 'EEXIST' ? Object.assign(error, { code: 'ENOTDIR' }) : error
  })
  if (first === undefined) return made
  for (let at = dir; at.length >= first.length; at = dirname(at)) made.push(at)
  return made
}
