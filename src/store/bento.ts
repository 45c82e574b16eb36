import { type BentoInfo, parseBentoInfo } from './bento-info.js'
import { StoredItem, type StoreItem } from './item.js'

/** A bento in the store: a folder with `bento.yaml`, the service's code, its lock and how to run it. */
export interface Bento extends StoreItem {
  /** Everything `bento.yaml` says. @throws `MANIFEST_INVALID` when a part that listings don't look at is malformed */
  readonly info: BentoInfo
}

/** {@link Bento} as the store reads it. */
export class StoredBento extends StoredItem implements Bento {
  #info: BentoInfo | undefined

  get info(): BentoInfo {
    this.#info ??= parseBentoInfo(this.manifest, `${this.path}/bento.yaml`)
    return this.#info
  }
}
