import type { FullTag } from '../core/tag.js'
import { treeSize } from '../files/size.js'
import type { ItemRecord } from './record.js'

/** What every item of a store has. */
export interface StoreItem {
  readonly tag: FullTag
  /** Absolute path of its folder. Stored items are immutable: read there, never write. */
  readonly path: string
  /**
   * ISO 8601 in UTC, as BentoML writes it: `2024-01-02T03:04:05.123456+00:00`. Empty for a damaged item that was
   * deleted.
   */
  readonly creationTime: string
  readonly labels: Readonly<Record<string, string>>
  /** Bytes of all its files, the manifest included: what `bentoml models list` shows. */
  size(): Promise<number>
}

/** The common part of models and bentos. */
export abstract class StoredItem implements StoreItem {
  readonly tag: FullTag
  readonly path: string
  readonly creationTime: string
  readonly #record: ItemRecord

  constructor(record: ItemRecord) {
    this.#record = record
    this.tag = record.tag
    this.path = record.path
    this.creationTime = record.creationTime
  }

  get labels(): Readonly<Record<string, string>> {
    return this.#record.head.labels
  }

  /** Text of the manifest as it was when the item was read. */
  protected get manifest(): string {
    return this.#record.text
  }

  async size(): Promise<number> {
    return this.#record.bytes + treeSize(this.path, this.#record.file)
  }

  toString(): string {
    return String(this.tag)
  }
}
