import type { Dirent } from 'node:fs'
import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { BentoError } from '../core/errors.js'
import { formatSize, visible } from '../core/text.js'
import { MAX_YAML_LENGTH } from '../core/yaml.js'
import { readError } from '../files/errors.js'
import { readSmallFile } from '../files/read.js'
import { BENTO_KIND, MODEL_KIND } from '../store/kinds.js'
import type { ItemKind } from '../store/record.js'

/** The manifest of what is being imported. */
export interface FoundManifest {
  /** Folder of the archive that holds everything, with a slash at its end: `top/`; empty where nothing is wrapped. */
  wrap: string
  text: string
  /** How to call it in messages. */
  where: string
}

/** What the Finder of macOS puts beside the folder that it packs: icons, and attributes that nobody else reads. */
const MAC_FILES: ReadonlySet<string> = new Set(['__MACOSX', '.DS_Store'])
/** Most names that a message lists. */
const SHOWN = 5
/** How far an error looks for what may have been meant: a folder to import may be anything, `/` too. */
const MOST_FOLDERS = 100

/**
 * Finds the manifest of an item in a folder that may be anything: at the top, or in the one folder that is there
 * (but for what a Mac adds).
 *
 * @param dir the folder
 * @param name how the user calls what is imported, for messages
 * @throws `MANIFEST_INVALID` where there is none, saying what is there instead; or it is no plain UTF-8 file of at most
 * 1 MiB; `IO_FAILED`
 */
export async function findManifest(dir: string, kind: ItemKind, name: string): Promise<FoundManifest> {
  try {
    return await find(dir, kind, name)
  } catch (error) {
    throw readError(error, `look for ${kind.manifest}`, dir)
  }
}

async function find(dir: string, kind: ItemKind, name: string): Promise<FoundManifest> {
  const wrap = (await holds(dir, kind)) ? '' : await wrapOf(dir, kind)
  if (wrap === undefined) throw await noManifest(dir, kind, name)
  const where = `${wrap}${kind.manifest} in ${name}`
  return { wrap, where, text: await readManifest(join(dir, wrap, kind.manifest), where) }
}

/**
 * Text of a manifest.
 *
 * @param where how to call it in messages
 * @throws `MANIFEST_INVALID` where it is no plain UTF-8 file of at most 1 MiB
 */
export async function readManifest(path: string, where: string): Promise<string> {
  const stat = await lstat(path)
  if (!stat.isFile()) throw unusable(where, 'is no plain file')
  if (stat.size > MAX_YAML_LENGTH) throw unusable(where, `has ${formatSize(stat.size)}, and 1 MiB is the most`)
  const { text } = readSmallFile(path)
  if (text === undefined) throw unusable(where, 'is not UTF-8')
  return text
}

function unusable(where: string, why: string): BentoError {
  return new BentoError('MANIFEST_INVALID', `${visible(where)} ${why}.`, { details: { where } })
}

async function holds(dir: string, kind: ItemKind): Promise<boolean> {
  return lstat(join(dir, kind.manifest)).then(
    () => true,
    () => false,
  )
}

async function wrapOf(dir: string, kind: ItemKind): Promise<string | undefined> {
  const [only, ...more] = (await readdir(dir, { withFileTypes: true })).filter(({ name }) => !MAC_FILES.has(name))
  if (only === undefined || more.length > 0 || !only.isDirectory()) return undefined
  return (await holds(join(dir, only.name), kind)) ? `${only.name}/` : undefined
}

/** Says what is there instead: an item of the other kind, an item deeper down, or whatever. */
async function noManifest(dir: string, kind: ItemKind, name: string): Promise<BentoError> {
  const other = kind === MODEL_KIND ? BENTO_KIND : MODEL_KIND
  if ((await holds(dir, other)) || (await wrapOf(dir, other)) !== undefined) return otherKind(kind, other, name)
  const inner = await searchBelow(dir, kind.manifest)
  const top = (await readdir(dir)).sort()
  const [there, hint] =
    inner.length > 0
      ? [`the nearest is ${list(inner)}`, 'One folder around everything is taken off, several are not: pack it anew.']
      : [top.length === 0 ? 'it is empty' : `it holds ${list(top)}`, `Export ${article(kind)} to get one.`]
  return new BentoError('MANIFEST_INVALID', `${visible(name)} has no ${kind.manifest} at its top: ${there}.`, {
    hint,
    details: { source: name, found: inner.length > 0 ? inner : top },
  })
}

/** Files of a name in folders below, the nearest first; what can't be read holds none. */
async function searchBelow(dir: string, name: string): Promise<string[]> {
  const found: string[] = []
  const folders = ['']
  for (const folder of folders) {
    const children = await readdir(join(dir, folder), { withFileTypes: true }).catch((): Dirent[] => [])
    for (const child of children) {
      const path = `${folder}${child.name}`
      if (child.isDirectory() && folders.length < MOST_FOLDERS) folders.push(`${path}/`)
      else if (child.name === name) found.push(path)
    }
  }
  return found
}

function otherKind(kind: ItemKind, other: ItemKind, name: string): BentoError {
  const call =
    other === MODEL_KIND ? '"bento models import", or models.importModel' : '"bento import", or bentos.importBento'
  return new BentoError('MANIFEST_INVALID', `${visible(name)} holds a ${other.word}, not a ${kind.word}.`, {
    hint: `Use ${call}.`,
    details: { source: name, holds: other.word },
  })
}

function article(kind: ItemKind): string {
  return `a ${kind.word} with "bento ${kind === MODEL_KIND ? 'models ' : ''}export"`
}

function list(paths: readonly string[]): string {
  const shown = paths.slice(0, SHOWN).map(path => visible(JSON.stringify(path)))
  return paths.length > SHOWN ? `${shown.join(', ')} and ${paths.length - SHOWN} more` : shown.join(', ')
}
