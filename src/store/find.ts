import { BentoError } from '../core/errors.js'
import { fullTag, type Tag } from '../core/tag.js'
import { nearNames } from '../core/text.js'
import { readLatest } from './latest.js'
import { newestFirst } from './order.js'
import {
  damagedRecord,
  type ItemKind,
  type ItemRecord,
  isRecord,
  type OnProblem,
  readItems,
  readNames,
  readRecord,
  readVersions,
} from './record.js'

/** A place to look for items in. */
export interface Shelf {
  /** Absolute path of the folder that holds the names. */
  readonly root: string
  readonly kind: ItemKind
}

/**
 * Every complete item, or those of a name, or one of an exact tag; unsorted. @throws `TAG_NOT_FOUND` for a bare name
 * without any
 */
export function findItems(shelf: Shelf, tag: Tag | undefined, onProblem?: OnProblem): ItemRecord[] {
  const { root, kind } = shelf
  if (tag === undefined) return readNames(root, onProblem).flatMap(name => readItems(root, kind, name, onProblem))
  if (tag.version === undefined) {
    const records = readItems(root, kind, tag.name, onProblem)
    if (records.length === 0) throw notFound(shelf, tag)
    return records
  }
  if (tag.version === 'latest') {
    const newest = lookUpLatest(shelf, tag.name)
    return newest === undefined ? [] : [newest]
  }
  const found = readRecord(root, kind, fullTag(tag.name, tag.version))
  if (isRecord(found)) return [found]
  if (found !== undefined) onProblem?.(found)
  return []
}

/**
 * One item by exact version, unique prefix, or the latest. @throws `TAG_NOT_FOUND`, `TAG_AMBIGUOUS`, `MANIFEST_INVALID`
 */
export function findItem(shelf: Shelf, tag: Tag): ItemRecord {
  if (tag.version === undefined || tag.version === 'latest') return findLatest(shelf, tag.name, tag)
  const exact = readRecord(shelf.root, shelf.kind, fullTag(tag.name, tag.version))
  if (isRecord(exact)) return exact
  if (exact !== undefined) throw damaged(shelf, tag, exact.reason)
  return findByPrefix(shelf, tag, tag.version)
}

function findByPrefix(shelf: Shelf, tag: Tag, prefix: string): ItemRecord {
  const { root, kind } = shelf
  const versions = readVersions(root, tag.name).filter(version => version.startsWith(prefix))
  const found = versions.map(version => readRecord(root, kind, fullTag(tag.name, version)))
  const records = newestFirst(found.filter(isRecord))
  const [only, ...more] = records
  if (only === undefined) throw notFound(shelf, tag)
  if (more.length === 0) return only
  const candidates = records.map(record => String(record.tag))
  throw new BentoError(
    'TAG_AMBIGUOUS',
    `${tag} may mean ${candidates.slice(0, 10).join(', ')}${more.length > 9 ? ', …' : ''}.`,
    {
      hint: 'Write more of the version.',
      details: { tag: String(tag), candidates },
    },
  )
}

/** The latest item of a name. @throws `TAG_NOT_FOUND` */
export function findLatest(shelf: Shelf, name: string, asked: Tag): ItemRecord {
  const found = lookUpLatest(shelf, name)
  if (found === undefined) throw notFound(shelf, asked)
  return found
}

function lookUpLatest({ root, kind }: Shelf, name: string): ItemRecord | undefined {
  const version = readLatest(root, name)
  const held = version === undefined ? undefined : readRecord(root, kind, fullTag(name, version))
  if (isRecord(held)) return held
  return newestFirst(readItems(root, kind, name))[0]
}

/** Says that there is no such item, what there is instead, and where it was looked for. */
export function notFound(shelf: Shelf, tag: Tag): BentoError {
  const { root, kind } = shelf
  const near = nearTags(shelf, tag)
  const bad: string[] = []
  readItems(root, kind, tag.name, problem => bad.push(`${problem.path} (${problem.reason})`))
  const skipped = bad.length === 0 ? '' : ` Not usable: ${bad.slice(0, 3).join('; ')}.`
  const mean =
    near.length === 0
      ? `See what there is with "bento ${kind.word === 'model' ? 'models ' : ''}list".`
      : `Did you mean ${near.join(' or ')}?`
  return new BentoError('TAG_NOT_FOUND', `${root} holds no ${kind.word} ${tag}.${skipped}`, {
    hint: mean,
    details: { tag: String(tag), near, root },
  })
}

function nearTags({ root, kind }: Shelf, tag: Tag): string[] {
  const versions = readItems(root, kind, tag.name).map(record => record.tag.version)
  if (tag.version === undefined || versions.length === 0) return nearNames(tag.name, readNames(root))
  return nearNames(tag.version, versions).map(version => `${tag.name}:${version}`)
}

function damaged({ root, kind }: Shelf, tag: Tag, reason: string): BentoError {
  return new BentoError('MANIFEST_INVALID', `The ${kind.word} ${tag} in ${root} is damaged: ${reason}.`, {
    hint: 'Delete it and save it again, or wait if a save by Python is under way.',
    details: { tag: String(tag), root },
  })
}

/**
 * What a delete is about: the exact version even if damaged, the latest, or all complete versions, oldest first so that
 * `latest` moves once.
 *
 * @throws `TAG_NOT_FOUND`
 */
export function findVictims(shelf: Shelf, tag: Tag): ItemRecord[] {
  if (tag.version === undefined) return newestFirst(findItems(shelf, tag)).reverse()
  if (tag.version === 'latest') return [findLatest(shelf, tag.name, tag)]
  const full = fullTag(tag.name, tag.version)
  const found = readRecord(shelf.root, shelf.kind, full)
  if (found === undefined) throw notFound(shelf, tag)
  return [isRecord(found) ? found : damagedRecord(shelf.root, full)]
}
