import { join } from 'node:path'
import { treeEntries } from '../archive/tree.js'
import { DOCKERFILE, SERVER, SOURCE } from '../bento/layout.js'
import { BentoError } from '../core/errors.js'
import { ioError } from '../files/errors.js'
import { linkTree } from '../files/link-tree.js'
import { openStage } from '../files/stage.js'
import type { Bento } from '../store/bento.js'
import type { BentoStore } from '../transfer/bento-store.js'
import { carriedModels } from '../transfer/carried.js'

/** The folder that a builder gets: a bento with its models. */
export interface BuildContext {
  /** Absolute path. */
  folder: string
  /** Absolute path of the Dockerfile in it. */
  dockerfile: string
  /** Removes it. Never throws. */
  discard(): Promise<void>
}

/**
 * Puts a bento and the models it pins together in `<home>/tmp`, by hard links where that can be done: no second copy of
 * a model.
 *
 * @throws `CONTAINERIZE_FAILED` where it is no Node bento; `TAG_NOT_FOUND` for models that are gone, `DIGEST_MISMATCH` for
 *   those that are others by now; `DISK_FULL`, `STORE_READ_ONLY`, `IO_FAILED`
 */
export async function stageBuildContext(bento: Bento, store: BentoStore): Promise<BuildContext> {
  const own = await treeEntries(bento.path)
  if (![`${SOURCE}/${SERVER}`, DOCKERFILE].every(path => own.some(entry => entry.path === path))) {
    throw new BentoError('CONTAINERIZE_FAILED', `${bento.tag} is no Node bento: it has no ${SOURCE}/${SERVER}.`, {
      hint: 'Make an image of a bento that was made in Python with "bentoml containerize".',
      details: { path: bento.path },
    })
  }
  const { models } = await carriedModels(bento, own, store.models)
  const stage = await openStage(store.home)
  try {
    await linkTree(bento.path, stage.dir)
    for (const { path, tag } of models) await linkTree(path, join(stage.dir, 'models', tag.name, tag.version))
  } catch (error) {
    await stage.discard()
    throw ioError(error, 'put the files of the image together', stage.dir)
  }
  return { folder: stage.dir, dockerfile: join(stage.dir, DOCKERFILE), discard: () => stage.discard() }
}
