import { join, resolve } from 'node:path'
import { bentoHome } from '../core/home.js'
import { type FullTag, Tag } from '../core/tag.js'
import { ioError } from '../files/errors.js'
import { openStage, openTrash } from '../files/stage.js'
import { writeFileAtomic } from '../files/write.js'
import { deleteItem } from './delete-item.js'
import { type Draft, StagedDraft } from './draft.js'
import { findItem, findItems, findLatest, findVictims, notFound } from './find.js'
import type { StoreItem } from './item.js'
import { latestPath, settleLatest } from './latest.js'
import { newestFirst } from './order.js'
import type { ItemKind, ItemRecord, OnProblem } from './record.js'

/** What a listing shows. */
export interface ListOptions {
  /** Only items that carry all of these labels. */
  labels?: Readonly<Record<string, string>> | undefined
  /** Told of each thing in the store that is no complete item and is therefore skipped. By default nobody is. */
  onProblem?: OnProblem | undefined
}

/**
 * A versioned folder store in BentoML's layout: `<home>/<models|bentos>/<name>/<version>/`. Reading never writes, and
 * needs no lock: an item is either wholly visible or absent. Paths are read synchronously inside: see {@link
 * readRecord}.
 */
export abstract class ItemStore<T extends StoreItem> {
  /** Whether these are models or bentos. @internal */
  readonly kind: ItemKind
  #home: string | undefined

  /** @param home the store's home; by default `BENTOML_HOME`, else `~/bentoml`, looked up at the first use. */
  constructor(kind: ItemKind, home: string | undefined) {
    this.kind = kind
    this.#home = home === undefined ? undefined : resolve(home)
  }

  /** Makes the public face of an item. */
  protected abstract make(record: ItemRecord): T

  /** Throws when something still needs one of the items; asked before they go, and again when out of sight. */
  protected async guard(_tags: readonly FullTag[]): Promise<void> {}

  /** Throws when an item must not be visible; asked before it is, and again just after. */
  protected async confirm(_item: T, _lacking: ReadonlySet<string>): Promise<void> {}

  /** Absolute path of the home. */
  get home(): string {
    this.#home ??= resolve(bentoHome())
    return this.#home
  }

  /** Absolute path of the folder that holds the names: `<home>/models`. */
  get root(): string {
    return join(this.home, this.kind.folder)
  }

  /**
   * The items, newest first. A damaged item, an odd folder or a half-written save of Python is skipped and told to
   * `onProblem`.
   *
   * @param name all items when left out; every version of a name; or exactly one `name:version`, as a list of one or
   * none
   * @throws `TAG_NOT_FOUND` for a name without any version; `TAG_INVALID`, `HOME_INVALID`, `IO_FAILED`
   * @example
   * ```ts
   * for (const model of await models.list('iris_clf', { labels: { stage: 'production' } })) console.log(`${model.tag}`)
   * ```
   */
  async list(name?: string | Tag, options: ListOptions = {}): Promise<T[]> {
    const wanted = Object.entries(options.labels ?? {})
    const records = findItems(this, name === undefined ? undefined : Tag.from(name), options.onProblem)
    const matching = wanted.length === 0 ? records : records.filter(record => hasLabels(record, wanted))
    return newestFirst(matching).map(record => this.make(record))
  }

  /**
   * One item: by `name` or `name:latest`, by its exact version, or by the beginning of a version where only one begins
   * so.
   *
   * @throws `TAG_NOT_FOUND`, naming those alike; `TAG_AMBIGUOUS`, with the candidates; `MANIFEST_INVALID` for a damaged
   * item; `TAG_INVALID`, `HOME_INVALID`, `IO_FAILED`
   */
  async get(tag: string | Tag): Promise<T> {
    return this.make(findItem(this, Tag.from(tag)))
  }

  /**
   * What the name's `latest` points at; where that is lost, odd or dangling, the newest version.
   *
   * @throws `TAG_NOT_FOUND`, `TAG_INVALID`, `HOME_INVALID`, `IO_FAILED`
   */
  async latest(name: string): Promise<T> {
    const tag = new Tag(name)
    return this.make(findLatest(this, tag.name, tag))
  }

  /**
   * Deletes one version, `name:latest`, or with a bare name every version. Never by the beginning of a version.
   *
   * @returns what was deleted
   * @throws `TAG_NOT_FOUND`, `TAG_INVALID`; for models `MODEL_IN_USE`; `STORE_READ_ONLY`, `DISK_FULL`, `HOME_INVALID`,
   * `IO_FAILED`
   */
  async delete(tag: string | Tag): Promise<T[]> {
    const asked = Tag.from(tag)
    const victims = findVictims(this, asked)
    await this.guard(victims.map(victim => victim.tag))
    const deleted: T[] = []
    for (const victim of victims) {
      if (await deleteItem(this, victim, () => this.guard([victim.tag]))) deleted.push(this.make(victim))
    }
    if (deleted.length === 0) throw notFound(this, asked)
    return deleted
  }

  /**
   * Begins a new item: an empty folder to fill, published under a tag in one instant.
   *
   * @throws `STORE_READ_ONLY`, `DISK_FULL`, `HOME_INVALID`, `IO_FAILED`
   */
  async begin(): Promise<Draft<T>> {
    return this.draft()
  }

  /** {@link begin} with what is not for the public. @internal */
  async draft(): Promise<StagedDraft<T>> {
    const { root, kind } = this
    const make = (record: ItemRecord) => this.make(record)
    const confirm = (item: T, lacking: ReadonlySet<string>) => this.confirm(item, lacking)
    return new StagedDraft({ root, kind, make, confirm }, await openStage(this.home))
  }

  /**
   * Points `latest` at a version.
   *
   * @throws as {@link get}; `STORE_READ_ONLY`, `DISK_FULL`, `IO_FAILED`
   */
  async setLatest(tag: string | Tag): Promise<void> {
    const { name, version } = findItem(this, Tag.from(tag)).tag
    const { root, kind } = this
    const stage = await openTrash(this.home)
    try {
      await writeFileAtomic(latestPath(root, name), version, stage.root)
      await settleLatest({ root, kind, name, goal: 'valid', tmpDir: stage.root })
    } catch (error) {
      throw ioError(error, `point latest to ${name}:${version}`, root)
    } finally {
      await stage.discard()
    }
  }
}

function hasLabels(record: ItemRecord, wanted: [string, string][]): boolean {
  const { labels } = record.head
  return wanted.every(([key, value]) => Object.hasOwn(labels, key) && labels[key] === value)
}
