import { BentoError, type ErrorCode } from '../core/errors.js'
import { nameProblem } from '../core/file-name.js'
import { compareText } from '../core/tag.js'
import type { PackEntry } from './entries.js'
import { targetProblem } from './entry-path.js'
import { quoted } from './errors.js'
import { hasLink, Places } from './places.js'

/** Why something can't be packed. */
export interface PackProblem {
  code: Extract<ErrorCode, 'ENTRY_NAME' | 'ENTRY_KIND' | 'ENTRY_CLASH'>
  /** Which, and why: `"a\\b" (it holds a backslash)`. */
  text: string
}

/** Problems shown in one message. */
const SHOWN = 20

/**
 * What keeps entries from being packed and unpacked again, judged by the rules of unpacking: names, places taken twice,
 * links that lead out or nowhere.
 */
export function judgeEntries(entries: readonly PackEntry[]): PackProblem[] {
  const problems: PackProblem[] = []
  const places = new Places()
  for (const [index, entry] of entries.entries()) {
    const { path, kind } = entry
    const name = nameProblem(path)
    const target = entry.kind === 'link' ? entry.target : undefined
    const link = target === undefined ? undefined : targetProblem(target)
    if (name !== undefined) problems.push({ code: 'ENTRY_NAME', text: `${quoted(path)} (${name})` })
    else if (link !== undefined) problems.push({ code: 'ENTRY_KIND', text: `${quoted(path)} (it is ${link})` })
    else if (isTaken(places, path, kind, { index, name: path }, target)) {
      problems.push({ code: 'ENTRY_CLASH', text: `${quoted(path)} (something else has its place)` })
    }
  }
  for (const link of places.links) {
    const found = places.resolve(link)
    if (typeof found !== 'string') continue
    problems.push({ code: 'ENTRY_KIND', text: `${quoted(link.path)} -> ${quoted(link.target ?? '')} (it is ${found})` })
  }
  for (const { first, second } of places.collisions) {
    if (!hasLink(first) && !hasLink(second)) continue
    const text = `${quoted(second.path)} (some disks take it for ${quoted(first.path)}, and links are involved)`
    problems.push({ code: 'ENTRY_CLASH', text })
  }
  return problems
}

function isTaken(places: Places, ...claim: Parameters<Places['claim']>): boolean {
  try {
    places.claim(...claim)
    return false
  } catch {
    return true
  }
}

/** Throws all problems as one error, under the code of the first. */
export function throwProblems(problems: readonly PackProblem[]): void {
  const [first] = problems
  if (first === undefined) return
  const more = problems.length - SHOWN
  const list = problems.slice(0, SHOWN).map(({ text }) => text)
  const rest = more > 0 ? ` and ${more} more` : ''
  throw new BentoError(first.code, `These cannot be packed: ${list.join(', ')}${rest}.`, {
    hint: 'Rename, remove or replace them: only files, folders and relative links that stay inside can be unpacked.',
    details: { problems: problems.map(({ text }) => text) },
  })
}

/**
 * Brings entries into the order of archives, with folders for all that lies in one.
 *
 * @throws `ENTRY_NAME`, `ENTRY_KIND`, `ENTRY_CLASH`, `SOURCE_NOT_FOUND` where there are none
 */
export function orderEntries(entries: readonly PackEntry[]): PackEntry[] {
  throwProblems(judgeEntries(entries))
  if (entries.length === 0) {
    throw new BentoError('SOURCE_NOT_FOUND', 'There is nothing to pack: the folder is empty.', {
      hint: 'An archive of nothing could not be unpacked.',
    })
  }
  const ordered = new Map<string, PackEntry>()
  for (const entry of entries) {
    // A folder may be given twice: by itself, and as the prefix of another tree.
    ordered.set(entry.path, entry)
    for (let at = entry.path.lastIndexOf('/'); at > 0; at = entry.path.lastIndexOf('/', at - 1)) {
      const path = entry.path.slice(0, at)
      if (!ordered.has(path)) ordered.set(path, { kind: 'dir', path })
    }
  }
  return [...ordered.values()].sort((a, b) => compareText(a.path, b.path))
}
