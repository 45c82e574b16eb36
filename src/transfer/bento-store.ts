import { heedingErrors } from '../archive/stream-errors.js'
import type { Tag } from '../core/tag.js'
import { BentoStore as StoredBentos } from '../store/bento-store.js'
import { ModelStore } from './model-store.js'
import type {
  BentoTransfer,
  ExportBentoOptions,
  ExportDestination,
  ExportedBento,
  ImportedBento,
  ImportOptions,
  ImportSource,
} from './types.js'

/** The bento store of a home: `<home>/bentos`, shared with BentoML; with export and import. */
export class BentoStore extends StoredBentos implements BentoTransfer {
  #models: ModelStore | undefined

  override get models(): ModelStore {
    this.#models ??= new ModelStore(this.home)
    return this.#models
  }

  async exportBento(
    tag: string | Tag,
    destination?: ExportDestination,
    options: ExportBentoOptions = {},
  ): Promise<ExportedBento> {
    return heedingErrors(destination, async () => {
      const { exportBento } = await import('./export.js')
      return exportBento(this, tag, destination, options)
    })
  }

  async importBento(source: ImportSource, options: ImportOptions = {}): Promise<ImportedBento> {
    return heedingErrors(source, async () => {
      const { importBento } = await import('./import-bento.js')
      return importBento(this, source, options)
    })
  }
}
