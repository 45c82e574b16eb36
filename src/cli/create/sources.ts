import { stat } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { BentoError, systemCode } from '../../core/errors.js'
import { contentFiles } from '../../files/links.js'
import { usageError } from '../problem.js'

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
 * @throws `USAGE` for a path that is not there, for names that collide, and for what a model can't hold; `VALUE_INVALID` for links
 * that lead outside their folder; `IO_FAILED`
 */
export async function lookAtSources(paths: readonly string[]): Promise<Source[]> {
  const sources: Source[] = []
  for (const path of paths) sources.push(await lookAt(path, paths.length === 1))
  for (const [index, { to, from }] of sources.entries()) {
    const earlier = sources.findIndex(other => other.to === to)
    if (earlier !== index) {
      throw usageError(`${sources[earlier]?.from} and ${from} would both become ${to}.`, 'Rename one of them.')
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
    const code = systemCode(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') throw usageError(`${from} does not exist.`, 'Name a file or folder.')
    throw unreadable(from, error)
  }
  if (stats.isFile()) {
    if (basename(from) === 'model.yaml') throw isManifest(from)
    return { from, kind: 'file', to: basename(from), size: stats.size }
  }
  if (!stats.isDirectory())
    throw usageError(`${from} is neither a file nor a folder.`, 'Sockets, pipes and devices cannot be stored.')
  const files = await contentFiles(from).catch(error => {
    throw systemCode(error) === undefined ? error : unreadable(from, error)
  })
  if (files.length === 0) throw usageError(`${from} holds no files.`, 'Name the folder that holds the model.')
  if (alone && files.some(file => file.path === 'model.yaml')) throw isManifest(`${from}/model.yaml`)
  return {
    from,
    kind: 'folder',
    to: alone ? '' : basename(from),
    size: files.reduce((sum, file) => sum + file.size, 0),
  }
}

function isManifest(path: string): BentoError {
  return usageError(
    `${path} cannot be part of a model: model.yaml is the name of the manifest that the store writes.`,
    'Name the files of the model itself.',
  )
}

function unreadable(path: string, error: unknown): BentoError {
  return new BentoError('IO_FAILED', `Cannot read ${path}: ${systemCode(error)}.`, { cause: error })
}
