import { readCustomObjects } from './custom-objects.js'
import { StoredItem, type StoreItem } from './item.js'
import { type ModelInfo, parseModelInfo } from './model-info.js'
import type { ItemRecord } from './record.js'

/** A model in the store: a folder with `model.yaml` and the model's files. */
export interface Model extends StoreItem {
  /** Python module that made it, as BentoML's frameworks write it; empty for most. */
  readonly module: string
  /** Everything `model.yaml` says. @throws `MANIFEST_INVALID` when a part that listings don't look at is malformed */
  readonly info: ModelInfo
  /**
   * The JSON values saved as `customObjects`; `{}` where there are none.
   *
   * @throws `VALUE_INVALID` where only Python can read them: they lie in a pickle, which is never loaded here
   */
  customObjects(): Promise<Record<string, unknown>>
}

/** {@link Model} as the store reads it. */
export class StoredModel extends StoredItem implements Model {
  readonly module: string
  #info: ModelInfo | undefined

  constructor(record: ItemRecord) {
    super(record)
    this.module = record.head.module
  }

  get info(): ModelInfo {
    // Parsed on demand: a listing of thousands shows only what the quick look has found.
    this.#info ??= parseModelInfo(this.manifest, `${this.path}/model.yaml`)
    return this.#info
  }

  customObjects(): Promise<Record<string, unknown>> {
    return readCustomObjects(this.path, String(this.tag))
  }
}
