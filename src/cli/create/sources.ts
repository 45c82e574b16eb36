import { stat } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { BentoError, isBentoError, systemCode } from '../../core/errors.js'
import { isMissing } from '../../files/errors.js'
import { contentFiles } from '../../files/links.js'

/** A file or folder that becomes part of a model. */
export interface Source {
  /** Absolute path. */
  from: string
  kind: 'file' | 'folder'
  /** Where it goes, relative to the model's folder; empty for a folder whose content is the model. */
  to: string
  /** Bytes. */
  size: number
}

/**
 * Looks at the paths of a command line and says what goes where: the content of a single folder becomes the model's content; a
 * file, and each of several paths, keeps its name.
 *
 * @throws `IO_FAILED` for a path that is not there or not readable; `VALUE_INVALID` for what a model can't hold: links that lead
 * outside their folder, a `model.yaml`, two files of one name
 */
export async function lookAtSources(paths: readonly string[]): Promise<Source[]> {
  const sources: Source[] = []
  for (const path of paths) sources.push(await lookAt(path, paths.length === 1))
  for (const [index, { to, from }] of sources.entries()) {
    const earlier = sources.findIndex(other => other.to === to)
    if (earlier !== index) {
      throw unfit(`${sources[earlier]?.from} and ${from} would both become ${to}.`, 'Rename one of them.')
    }
  }
  return sources
}

async function lookAt(path: string, alone: boolean): Promise<Source> {
  const from = resolve(path)
  let stats: Awaited<ReturnType<typeof stat>>
  try {
    stats = await stat(from)
  } catch (error) {
    throw unreadable(from, error)
  }
  if (stats.isFile()) {
    if (basename(from) === 'model.yaml') throw isManifest(from)
    return { from, kind: 'file', to: basename(from), size: stats.size }
  }
  if (!stats.isDirectory())
    throw unfit(`${from} is neither a file nor a folder.`, 'Sockets, pipes and devices cannot be stored.')
  const files = await contentFiles(from).catch(error => {
    throw isBentoError(error) ? error : unreadable(from, error)
  })
  if (files.length === 0) throw unfit(`${from} holds no files.`, 'Name the folder that holds the model.')
  if (alone && files.some(file => file.path === 'model.yaml')) throw isManifest(`${from}/model.yaml`)
  return {
    from,
    kind: 'folder',
    to: alone ? '' : basename(from),
    size: files.reduce((sum, file) => sum + file.size, 0),
  }
}

function isManifest(path: string): BentoError {
  return unfit(
    `${path} cannot be part of a model: model.yaml is the name of the manifest that the store writes.`,
    'Name the files of the model itself.',
  )
}

function unfit(reason: string, hint: string): BentoError {
  return new BentoError('VALUE_INVALID', reason, { hint })
}

function unreadable(path: string, error: unknown): BentoError {
  const missing = isMissing(error)
  const reason = missing ? `${path} does not exist.` : `Cannot read ${path}: ${systemCode(error)}.`
  return new BentoError('IO_FAILED', reason, { cause: error, ...(missing ? { hint: 'Name a file or folder.' } : {}) })
}
