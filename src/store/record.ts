import { type Dirent, lstatSync, readdirSync, type Stats } from 'node:fs'
import { join, sep } from 'node:path'
import { isBentoError, systemCode } from '../core/errors.js'
import { type ScannedScalars, scanScalars } from '../core/scan.js'
import { type FullTag, fullTag, isTagPart } from '../core/tag.js'
import { parseTime } from '../core/time.js'
import { isMissing, readError } from '../files/errors.js'
import { readSmallFile, type TextFile } from '../files/read.js'

/** What tells models from bentos. */
export interface ItemKind {
  /** Folder in the home. */
  readonly folder: 'models' | 'bentos'
  readonly manifest: 'model.yaml' | 'bento.yaml'
  /** For messages. */
  readonly word: 'model' | 'bento'
  /** A quicker look than {@link scanScalars}, at manifests of the usual layout only. */
  scanUsual?(text: string): ScannedScalars | undefined
  /** Top-level scalars without which a quick look is not enough. */
  readonly required: readonly string[]
  /** Reads a manifest that is not plain enough for a quick look. @throws `MANIFEST_INVALID` */
  parseHead(text: string, where: string): ManifestHead
}

/** What a listing needs of a manifest. */
export interface ManifestHead {
  name: string
  version: string
  /** Empty for bentos. */
  module: string
  creationTime: string
  labels: Readonly<Record<string, string>>
}

/** A complete item as the quick look at its manifest shows it. */
export interface ItemRecord {
  readonly tag: FullTag
  readonly path: string
  /** The manifest. */
  readonly text: string
  /** Its file's name and bytes. */
  readonly file: string
  readonly bytes: number
  readonly creationTime: string
  /** {@link creationTime} in microseconds since 1970. */
  readonly micros: bigint
  readonly head: ManifestHead
}

/** Something in a store that is not a complete item. */
export interface StoreProblem {
  /** Absolute path. */
  path: string
  /** As the end of a sentence: `it has no model.yaml: …`. */
  reason: string
}

/** Told of what a listing skips. */
export type OnProblem = (problem: StoreProblem) => void

/**
 * Reads one item. Synchronous, since a listing reads thousands of small files: asynchronous calls would cost five times
 * as much.
 *
 * @returns the item, a problem, or undefined when there is nothing at all
 */
export function readRecord(root: string, kind: ItemKind, tag: FullTag): ItemRecord | StoreProblem | undefined {
  const path = `${root}${sep}${tag.name}${sep}${tag.version}`
  for (let before: Stats | undefined; ; ) {
    let manifest: TextFile | undefined
    try {
      manifest = readSmallFile(path + sep + kind.manifest)
    } catch (error) {
      if (!isMissing(error)) return { path, reason: `its ${kind.manifest} cannot be read: ${systemCode(error)}` }
    }
    if (manifest !== undefined) return recordOf(kind, manifest, path, tag)
    const stat = entryAt(path)
    if (stat === undefined) return undefined
    if (!stat.isDirectory() && !stat.isSymbolicLink()) return { path, reason: 'it is no folder' }
    // A save or a delete may fall between the two looks. Only a folder that stood there before and after one lacks its
    // manifest.
    if (stat.ino === before?.ino) {
      return { path, reason: `it has no ${kind.manifest}: a save by Python under way, or one that was broken off` }
    }
    before = stat
  }
}

/** Judges a manifest: it must be UTF-8, parse and belong to `tag`. */
export function recordOf(kind: ItemKind, manifest: TextFile, path: string, tag: FullTag): ItemRecord | StoreProblem {
  const { text, bytes } = manifest
  if (text === undefined) return { path, reason: `its ${kind.manifest} is not UTF-8` }
  let head: ManifestHead
  try {
    head = readHead(text, path + sep + kind.manifest, kind)
  } catch (error) {
    if (isBentoError(error)) return { path, reason: error.reason }
    throw error
  }
  // BentoML lowers what it reads, so a manifest in other case is the same item to it.
  if (head.name.toLowerCase() !== tag.name || head.version.toLowerCase() !== tag.version) {
    return { path, reason: `its manifest says ${JSON.stringify(`${head.name}:${head.version}`)}` }
  }
  const { creationTime } = head
  const micros = parseTime(creationTime)?.micros
  if (micros === undefined) return { path, reason: `its creation_time ${JSON.stringify(creationTime)} is no time` }
  return { tag, path, text, file: kind.manifest, bytes, creationTime, micros, head }
}

function entryAt(path: string): Stats | undefined {
  try {
    return lstatSync(path)
  } catch (error) {
    if (isMissing(error)) return undefined
    throw readError(error, 'read the item', path)
  }
}

/** Stands for an item without readable manifest, so that its deletion can be told of. */
export function damagedRecord(root: string, tag: FullTag): ItemRecord {
  const head = { name: tag.name, version: tag.version, module: '', creationTime: '', labels: {} }
  const path = join(root, tag.name, tag.version)
  return { tag, path, text: '', file: '', bytes: 0, creationTime: '', micros: 0n, head }
}

/** A quick look where the manifest is plain, as those BentoML and we write are; else the parser. */
function readHead(text: string, file: string, kind: ItemKind): ManifestHead {
  const scan = kind.scanUsual?.(text) ?? scanScalars(text, kind.required)
  if (scan === undefined || kind.required.some(key => scan.scalars[key] === undefined))
    return kind.parseHead(text, file)
  const { name = '', version = '', module = '', creation_time: creationTime = '' } = scan.scalars
  return { name, version, module, creationTime, labels: scan.labels }
}

/** Whether a reading gave an item. */
export function isRecord(found: ItemRecord | StoreProblem | undefined): found is ItemRecord {
  return found !== undefined && 'text' in found
}

/** The names that have a folder in the store, legal ones. */
export function readNames(root: string, onProblem?: OnProblem): string[] {
  return folders(root, root, onProblem)
}

/** The versions that have a folder, legal ones. */
export function readVersions(root: string, name: string, onProblem?: OnProblem): string[] {
  return folders(join(root, name), root, onProblem).filter(version => {
    // BentoML makes such a folder when asked for a version "latest", and trips over it.
    if (version === 'latest') onProblem?.({ path: join(root, name, version), reason: '"latest" cannot be a version' })
    return version !== 'latest'
  })
}

/** Every complete item of a name. */
export function readItems(root: string, kind: ItemKind, name: string, onProblem?: OnProblem): ItemRecord[] {
  const records: ItemRecord[] = []
  for (const version of readVersions(root, name, onProblem)) {
    const found = readRecord(root, kind, fullTag(name, version))
    if (isRecord(found)) records.push(found)
    else if (found !== undefined) onProblem?.(found)
  }
  return records
}

function folders(path: string, root: string, onProblem?: OnProblem): string[] {
  const names: string[] = []
  for (const entry of entriesOf(path, root, onProblem)) {
    // Plain files are no problem: `latest`, .DS_Store, locks of other tools.
    if (!entry.isDirectory() && !(entry.isSymbolicLink() && leadsToFolder(join(path, entry.name)))) continue
    if (isTagPart(entry.name)) names.push(entry.name)
    else onProblem?.({ path: join(path, entry.name), reason: 'its name cannot be part of a tag' })
  }
  return names
}

function leadsToFolder(path: string): boolean {
  try {
    readdirSync(path)
    return true
  } catch {
    return false
  }
}

function entriesOf(path: string, root: string, onProblem?: OnProblem): Dirent[] {
  try {
    return readdirSync(path, { withFileTypes: true })
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return []
    if (path === root) throw readError(error, 'list the store', path)
    // A stray file in place of a name is nothing, unless one stands in place of the store.
    if (systemCode(error) === 'ENOTDIR') entriesOf(root, root)
    else onProblem?.({ path, reason: `it cannot be read: ${systemCode(error)}` })
    return []
  }
}
