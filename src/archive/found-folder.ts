import { lstat, readdir, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { compareText } from '../core/tag.js'
import { isMissing } from '../files/errors.js'
import type { Chunks } from './bytes.js'
import type { FoundEntries, FoundEntry, OpenedFile, PackEntry } from './entries.js'
import { entryError, sourceError } from './errors.js'
import { readAhead } from './read-ahead.js'
import { cloneFile, SourceFile } from './source-file.js'

/** Longest block, in bytes, in which a file is read. */
const BLOCK = 2 ** 20

/**
 * Reads a folder as if it were an archive: links are not followed, and what is found is judged by whoever places it. As
 * it comes, so that one that is too deep or too full is given up in time.
 *
 * @throws `ENTRY_KIND`, `ENTRY_NAME`, `SOURCE_CHANGED`, `IO_FAILED`
 */
export async function* readFolder(dir: string): FoundEntries & AsyncGenerator<FoundEntry> {
  let index = 0
  const next = (name: string) => ({ index: index++, name })
  yield* visit('')

  async function* visit(above: string): AsyncGenerator<FoundEntry> {
    const names = await readdir(join(dir, above)).catch(error => {
      throw sourceError(error, join(dir, above))
    })
    for (const name of names.sort(compareText)) {
      const entry = await describe(dir, next(`${above}${name}`))
      yield entry
      if (entry.kind === 'dir') yield* visit(`${entry.name}/`)
    }
  }
}

async function describe(dir: string, claim: { index: number; name: string }): Promise<FoundEntry> {
  const full = join(dir, claim.name)
  try {
    const found = await lstat(full)
    if (found.isDirectory()) return { ...claim, kind: 'dir', executable: true, body: nothing() }
    if (found.isSymbolicLink()) return link(claim, await readlink(full))
    if (!found.isFile()) throw entryError('ENTRY_KIND', claim, 'it is a pipe, socket or device', 'Remove it.')
    const { size, ino, mtimeMs, mode } = found
    const seen = { size, ino, mtimeMs }
    const executable = (mode & 0o100) !== 0
    const body = bodyOf(size, () => SourceFile.open(full, seen))
    return { ...claim, kind: 'file', executable, size, body, clone: to => cloneFile(full, seen, to) }
  } catch (error) {
    const unreadable = isMissing(error) && claim.name.includes('\ufffd')
    throw unreadable ? entryError('ENTRY_NAME', claim, 'its name is not UTF-8') : sourceError(error, full)
  }
}

/** Entries that are to be packed, as if they came out of an archive. */
export async function* foundEntries(entries: readonly PackEntry[]): FoundEntries & AsyncGenerator<FoundEntry> {
  for (const [index, entry] of entries.entries()) {
    const claim = { index, name: entry.path }
    if (entry.kind === 'link') yield link(claim, entry.target)
    else if (entry.kind === 'dir') yield { ...claim, kind: 'dir', executable: true, body: nothing() }
    else {
      const { kind, size, executable, clone } = entry
      const body = bodyOf(size, () => entry.open())
      yield { ...claim, kind, size, executable, body, ...(clone === undefined ? {} : { clone }) }
    }
  }
}

function link(claim: { index: number; name: string }, target: string): FoundEntry {
  const posix = process.platform === 'win32' ? target.replaceAll('\\', '/') : target
  return { ...claim, kind: 'link', executable: false, target: posix, body: nothing() }
}

async function* bodyOf(size: number, open: () => Promise<OpenedFile>): Chunks & AsyncGenerator<Uint8Array> {
  const file = await open()
  try {
    yield* readAhead(async into => ({ bytesRead: await file.read(into) }), Math.min(BLOCK, size + 1))
  } finally {
    await file.close()
  }
}

async function* nothing(): Chunks & AsyncGenerator<Uint8Array> {}
