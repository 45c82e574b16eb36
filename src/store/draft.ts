import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import { BentoError, systemCode } from '../core/errors.js'
import { type FullTag, fullTag } from '../core/tag.js'
import { ioError } from '../files/errors.js'
import { moveOver } from '../files/move.js'
import { readSmallFile, type TextFile } from '../files/read.js'
import type { Stage } from '../files/stage.js'
import { writeNewFile } from '../files/write.js'
import { isPointerBlocked, latestPath, readLatest, settleLatest } from './latest.js'
import { type ItemKind, type ItemRecord, isRecord, readRecord, recordOf } from './record.js'

/** How a publish treats the name's `latest`. */
export interface PublishOptions {
  /**
   * `newest`: it follows creation time, ties to the later publish. `always`: it names this item, however old: what a
   * build wants.
   * @default 'newest'
   */
  latest?: 'newest' | 'always'
}

/** What an import may say beside. */
export interface StagedPublishOptions extends PublishOptions {
  /** Tags of models that a bento may use although the store lacks them. */
  lacking?: ReadonlySet<string>
}

/** An item in the making: fill `dir`, manifest included, then publish or discard it. Either ends the draft. */
export interface Draft<T> {
  /** The item's folder, empty at first, on the store's file system. */
  readonly dir: string
  /**
   * Makes the folder durable and visible as `tag`, then sees to `latest`. Whatever goes wrong, nothing of the draft
   * remains.
   *
   * @throws `TAG_EXISTS`; `MANIFEST_INVALID` when the folder has no manifest of that tag; `DISK_FULL`,
   * `STORE_READ_ONLY`, `HOME_INVALID`, `IO_FAILED`; for a bento `MODEL_GONE`
   */
  publish(tag: FullTag, options?: PublishOptions): Promise<T>
  /** Removes the folder. Never throws. */
  discard(): Promise<void>
}

/** What a draft knows of its store. */
export interface DraftStore<T> {
  root: string
  kind: ItemKind
  make(record: ItemRecord): T
  /** Asked just before and just after the item becomes visible; an error takes it back. */
  confirm(item: T, lacking: ReadonlySet<string>): Promise<void>
}

/** {@link Draft} in a stage. */
export class StagedDraft<T> implements Draft<T> {
  readonly dir: string
  readonly #store: DraftStore<T>
  readonly #stage: Stage

  constructor(store: DraftStore<T>, stage: Stage) {
    this.#store = store
    this.#stage = stage
    this.dir = stage.dir
  }

  /** See {@link Stage.markSynced}. */
  markSynced(paths: Iterable<string>): void {
    this.#stage.markSynced(paths)
  }

  async publish(tag: FullTag, options: StagedPublishOptions = {}): Promise<T> {
    const { root, kind, make } = this.#store
    const confirm = (item: T) => this.#store.confirm(item, options.lacking ?? new Set())
    const target = join(root, tag.name, tag.version)
    try {
      if (tag.version === 'latest') throw reservedVersion(String(tag))
      const record = await this.#check(tag, target)
      await confirm(make(record))
      // Written ahead: on a full disk the save then fails before anything is visible.
      await this.#writePointer(tag)
      if ((await this.#stage.publish(target)) === 'exists') throw await existsError(tag, target, kind)
      try {
        await confirm(make(record))
        await this.#point(record, options.latest ?? 'newest')
      } catch (error) {
        await this.#takeBack(target, tag)
        throw error
      }
      return make(record)
    } finally {
      await this.discard()
    }
  }

  async discard(): Promise<void> {
    await this.#stage.discard()
  }

  /** The manifest must be that of `tag`, since nothing that is no item may become visible. */
  async #check(tag: FullTag, target: string): Promise<ItemRecord> {
    const file = join(this.dir, this.#store.kind.manifest)
    let manifest: TextFile
    try {
      manifest = readSmallFile(file)
    } catch (error) {
      const reason = `Cannot save ${tag}: its folder has no readable ${this.#store.kind.manifest}.`
      throw new BentoError('MANIFEST_INVALID', reason, { cause: error })
    }
    const found = recordOf(this.#store.kind, manifest, target, tag)
    if (isRecord(found)) return found
    throw new BentoError('MANIFEST_INVALID', `Cannot save ${tag}: ${found.reason}.`)
  }

  get #pointer(): string {
    return join(this.#stage.root, 'latest')
  }

  async #writePointer(tag: FullTag): Promise<void> {
    try {
      await writeNewFile(this.#pointer, tag.version)
    } catch (error) {
      throw ioError(error, `save ${tag}`, this.#pointer)
    }
  }

  async #point(record: ItemRecord, latest: 'newest' | 'always'): Promise<void> {
    const { root, kind } = this.#store
    const { name, version } = record.tag
    if (latest === 'newest' && this.#isOutdated(record)) return
    try {
      await moveOver(this.#pointer, latestPath(root, name))
    } catch (error) {
      // ENOENT: the item was deleted already, and its name with it. Blocked: readers find the newest without a pointer.
      if (systemCode(error) !== 'ENOENT' && !isPointerBlocked(error)) throw ioError(error, `save ${record.tag}`, root)
    }
    const goal = latest === 'always' ? 'valid' : 'newest'
    // The item is saved and `latest` written: an error while looking for races must not make this a failure. Readers
    // see to the rest.
    await settleLatest({ root, kind, name, goal, mine: version, tmpDir: this.#stage.root }).catch(() => undefined)
  }

  /** Whether `latest` names an item that is newer than this one. */
  #isOutdated(record: ItemRecord): boolean {
    const { root, kind } = this.#store
    const held = readLatest(root, record.tag.name)
    if (held === undefined) return false
    const found = readRecord(root, kind, fullTag(record.tag.name, held))
    return isRecord(found) && found.micros > record.micros
  }

  async #takeBack(target: string, tag: FullTag): Promise<void> {
    const { root, kind } = this.#store
    await this.#stage.take(target)
    await settleLatest({ root, kind, name: tag.name, goal: 'valid', tmpDir: this.#stage.root }).catch(() => undefined)
  }
}

/** For a version that would hide the pointer of its name. */
export function reservedVersion(text: string): BentoError {
  return new BentoError('TAG_INVALID', `"latest" cannot be the version of ${JSON.stringify(text)}.`, {
    hint: 'It stands for the newest version: choose another, or none to get one made.',
  })
}

/** Says what stands where a new item was to go. */
export async function existsError(tag: FullTag, target: string, kind: ItemKind): Promise<BentoError> {
  const stat = await lstat(target).catch(() => undefined)
  const what = stat?.isSymbolicLink()
    ? 'a link stands there'
    : stat !== undefined && !stat.isDirectory()
      ? 'a file stands there'
      : undefined
  const manifest = await lstat(join(target, kind.manifest)).catch(() => undefined)
  const detail = what ?? (manifest === undefined ? `a folder without ${kind.manifest} stands there` : undefined)
  const reason =
    detail === undefined
      ? `The store already holds ${kind.word} ${tag}.`
      : `Cannot save ${kind.word} ${tag}: ${detail}.`
  const hint =
    detail === undefined
      ? 'Tags are immutable: save it under another version, or delete that one first.'
      : `Look at ${target}: a save by Python may be under way or broken off. Remove it if nobody needs it.`
  return new BentoError('TAG_EXISTS', reason, { hint, details: { tag: String(tag), path: target } })
}
