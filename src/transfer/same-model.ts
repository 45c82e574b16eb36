import { isBentoError } from '../core/errors.js'
import { dumpYaml } from '../core/yaml.js'
import type { Model } from '../store/model.js'
import { type ModelInfo, modelInfoValue } from '../store/model-info.js'
import type { ModelStore } from '../store/model-store.js'

/** Whether a stored model's manifest says what another one says, however either is written. */
export function sameManifest(held: Model, info: ModelInfo): boolean {
  try {
    return dumpYaml(modelInfoValue(held.info)) === dumpYaml(modelInfoValue(info))
  } catch (error) {
    // Damaged in a part that listings don't look at.
    if (isBentoError(error, 'MANIFEST_INVALID', 'VALUE_INVALID')) return false
    throw error
  }
}

/**
 * Whether a stored model is the one that is being imported: manifest and files alike. Links count as what they point
 * at, modes not at all: BentoML's archives have lost both.
 *
 * @param digest of the files of the one being imported
 */
export async function sameModel(store: ModelStore, held: Model, info: ModelInfo, digest: string): Promise<boolean> {
  return sameManifest(held, info) && (await store.digest(held)).digest === digest
}
