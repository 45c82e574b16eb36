import { lstat, readdir, readlink, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { BentoError } from '../core/errors.js'
import { nameProblem } from '../core/file-name.js'
import { visible } from '../core/text.js'
import { isMissing } from '../files/errors.js'
import { FILES_AT_ONCE, forEachLimit } from '../files/pool.js'
import type { OpenedFile, PackEntry, PackFile } from './entries.js'
import { quoted, sourceError } from './errors.js'
import { judgeEntries, type PackProblem, throwProblems } from './pack-order.js'
import { cloneFile, type SeenFile, SourceFile } from './source-file.js'

/**
 * What a folder holds, ready to be packed: judged by the very rules of extraction, all problems told at once.
 *
 * @param prefix folder of the archive to put it all in: `models/iris/v1`; that folder itself is no entry of the result
 * @throws `SOURCE_NOT_FOUND`, `ENTRY_NAME`, `ENTRY_KIND`, `ENTRY_CLASH`, `IO_FAILED`
 */
export async function treeEntries(dir: string, prefix = ''): Promise<PackEntry[]> {
  const walk = new Walk(dir)
  try {
    const root = await stat(dir)
    if (!root.isDirectory()) throw noFolder(dir)
    await walk.visit('')
  } catch (error) {
    throw sourceError(error, dir)
  }
  throwProblems([...walk.problems, ...judgeEntries(walk.entries)])
  if (prefix === '') return walk.entries
  return walk.entries.map(entry => ({ ...entry, path: `${prefix}/${entry.path}` }))
}

/** A file whose content is at hand: a changed manifest, `latest`. */
export function fileEntry(path: string, content: string | Uint8Array, executable = false): PackFile {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content
  return { kind: 'file', path, size: bytes.length, executable, open: async () => new ContentAtHand(bytes) }
}

class Walk {
  readonly entries: PackEntry[] = []
  readonly problems: PackProblem[] = []
  readonly #dir: string

  constructor(dir: string) {
    this.#dir = dir
  }

  /** @param above path of a folder below the root, with a slash at its end; `''` for the root */
  async visit(above: string): Promise<void> {
    const folders: string[] = []
    const children = await readdir(join(this.#dir, above), { withFileTypes: true })
    await forEachLimit(children, FILES_AT_ONCE, async child => {
      const path = `${above}${child.name}`
      // What is too deep or has an impossible name is told of once, not with all that it holds.
      if (!child.isDirectory() || nameProblem(path) !== undefined) return this.#add(path)
      this.entries.push({ kind: 'dir', path })
      folders.push(path)
    })
    for (const folder of folders) await this.visit(`${folder}/`)
  }

  async #add(path: string): Promise<void> {
    const full = join(this.#dir, path)
    try {
      const found = await lstat(full)
      if (found.isFile()) this.entries.push(fileAt(full, path, found))
      else if (found.isDirectory()) this.entries.push({ kind: 'dir', path })
      else if (found.isSymbolicLink()) this.entries.push({ kind: 'link', path, target: await targetOf(full) })
      else this.problems.push({ code: 'ENTRY_KIND', text: `${quoted(path)} (it is a pipe, socket or device)` })
    } catch (error) {
      // Bytes that are no UTF-8 come as replacement characters, under which nothing is found.
      if (!isMissing(error) || !path.includes('\ufffd')) throw error
      this.problems.push({ code: 'ENTRY_NAME', text: `${quoted(path)} (its name is not UTF-8)` })
    }
  }
}

function fileAt(full: string, path: string, { size, ino, mtimeMs, mode }: SeenFile & { mode: number }): PackFile {
  const seen = { size, ino, mtimeMs }
  return {
    kind: 'file',
    path,
    size,
    executable: process.platform !== 'win32' && (mode & 0o100) !== 0,
    open: () => SourceFile.open(full, seen),
    clone: to => cloneFile(full, seen, to),
  }
}

async function targetOf(full: string): Promise<string> {
  const target = await readlink(full)
  return process.platform === 'win32' ? target.replaceAll('\\', '/') : target
}

class ContentAtHand implements OpenedFile {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  async read(into: Uint8Array): Promise<number> {
    const part = this.#bytes.subarray(this.#at, this.#at + into.length)
    into.set(part)
    this.#at += part.length
    return part.length
  }

  async close(): Promise<void> {}
}

function noFolder(dir: string): BentoError {
  return new BentoError('SOURCE_NOT_FOUND', `${visible(dir)} is no folder.`, { hint: 'Give the folder to pack.' })
}
