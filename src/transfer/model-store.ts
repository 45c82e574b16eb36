import { heedingErrors } from '../archive/stream-errors.js'
import type { Tag } from '../core/tag.js'
import { ModelStore as StoredModels } from '../store/model-store.js'
import type {
  ExportDestination,
  Exported,
  ExportOptions,
  ImportedModel,
  ImportModelOptions,
  ImportSource,
  ModelTransfer,
} from './types.js'

/** The model store of a home: `<home>/models`, shared with BentoML; with export and import. */
export class ModelStore extends StoredModels implements ModelTransfer {
  async exportModel(
    tag: string | Tag,
    destination?: ExportDestination,
    options: ExportOptions = {},
  ): Promise<Exported> {
    return heedingErrors(destination, async () => {
      // Archives are loaded by those who need them.
      const { exportModel } = await import('./export.js')
      return exportModel(this, tag, destination, options)
    })
  }

  async importModel(source: ImportSource, options: ImportModelOptions = {}): Promise<ImportedModel> {
    return heedingErrors(source, async () => {
      const { importModel } = await import('./import-model.js')
      return importModel(this, source, options)
    })
  }
}
