import { isUtf8 } from 'node:buffer'
import type { Chunks } from '../bytes.js'
import type { FoundEntries, FoundEntry } from '../entries.js'
import { limitError } from '../limits.js'
import type { ExtractLimits } from '../types.js'
import { ArchiveFile } from './archive-file.js'
import { contentOf } from './content.js'
import { type DirectoryEntry, readDirectory } from './directory.js'
import { findDirectory } from './end-record.js'
import { kindOf } from './kind.js'
import { checkGap, checkLocalHeader } from './local-header.js'
import { refuseEntry } from './refuse.js'

/**
 * Reads a zip archive, strictly: it must be one that all readers understand in the same way. What lies in the file is the
 * entries, each followed by its data descriptor if it has one, the central directory, and the end records, with nothing before,
 * between or behind; local headers say what the directory says; contents have the declared length and checksum.
 *
 * Entries come in the order in which they lie in the file. Most of what can be wrong is thrown before the first comes, the
 * rest with the entry that it concerns. The file is closed when the iteration ends, however it does.
 *
 * @param onTotal told before the first entry comes how many bytes of content all files say they have
 * @throws `ARCHIVE_INVALID`, `ENTRY_NAME`, `ENTRY_KIND`, `LIMIT_EXCEEDED`, `IO_FAILED`
 */
export async function* readZip(
  path: string,
  limits: ExtractLimits,
  onTotal: (bytes: number) => void = () => undefined,
): FoundEntries & AsyncGenerator<FoundEntry> {
  const file = await ArchiveFile.open(path)
  let content: AsyncGenerator<Uint8Array> | undefined
  try {
    const span = await findDirectory(file, limits)
    const entries = await readDirectory(file, span, limits)
    const kinds = entries.map(kindOf)
    onTotal(entries.reduce((sum, { size }, place) => sum + (kinds[place]?.kind === 'file' ? size : 0), 0))
    for (const [place, entry] of entries.entries()) {
      const at = await checkLocalHeader(file, entry)
      content = contentOf(file, entry, at)
      yield await foundEntry(entry, kinds[place] as Kind, content, limits)
      // For a consumer that passes a content over; mostly it is at its end.
      for await (const _ of content);
      await checkGap(file, entry, at + entry.packed, entries[place + 1]?.offset ?? span.start)
    }
  } finally {
    await content?.return(undefined)
    await file.close()
  }
}

type Kind = Pick<FoundEntry, 'kind' | 'executable'>

async function foundEntry(
  entry: DirectoryEntry,
  kind: Kind,
  content: Chunks,
  limits: ExtractLimits,
): Promise<FoundEntry> {
  const { index, name, size } = entry
  if (kind.kind === 'file') return { index, name, ...kind, size, body: content }
  if (kind.kind === 'link') {
    return { index, name, ...kind, target: await readTarget(entry, content, limits), body: nothing() }
  }
  if (size > 0) throw refuseEntry(entry, 'is a folder that has content')
  return { index, name, ...kind, body: nothing() }
}

async function readTarget(entry: DirectoryEntry, content: Chunks, limits: ExtractLimits): Promise<string> {
  if (entry.size > limits.path) {
    throw limitError('path', limits.path, `Entry ${entry.index} is a link to a longer path than the limit allows`)
  }
  const chunks: Uint8Array[] = []
  for await (const chunk of content) chunks.push(Buffer.from(chunk))
  const target = Buffer.concat(chunks)
  if (!isUtf8(target)) throw refuseEntry(entry, 'is a link whose target is not UTF-8', 'ENTRY_NAME')
  return target.toString('utf8')
}

async function* nothing(): Chunks & AsyncGenerator<Uint8Array> {}
