import { isBentoError } from '../../core/errors.js'
import type { Bento, ModelStore } from '../../store/index.js'

/**
 * Makes a function that adds up the sizes of a bento's models, in bytes, looking at each model once however many bentos
 * share it. Models that are gone, or that live at Hugging Face, count nothing.
 */
export function modelSizer(): (bento: Bento) => Promise<number> {
  const sizes = new Map<string, Promise<number>>()
  const sizeOf = (models: ModelStore, tag: string) => {
    const known = sizes.get(tag) ?? measure(models, tag)
    sizes.set(tag, known)
    return known
  }
  return async bento => {
    const { allModels, ModelStore } = await import('../../store/index.js')
    const models = new ModelStore()
    const tags = new Set(
      allModels(bento.info)
        .filter(({ registry }) => registry === 'bentoml')
        .map(({ tag }) => String(tag)),
    )
    const parts = await Promise.all([...tags].map(tag => sizeOf(models, tag)))
    return parts.reduce((sum, part) => sum + part, 0)
  }
}

async function measure(models: ModelStore, tag: string): Promise<number> {
  try {
    return await (await models.get(tag)).size()
  } catch (error) {
    if (isBentoError(error, 'TAG_NOT_FOUND', 'MANIFEST_INVALID')) return 0
    throw error
  }
}
