import { rmdir, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { BentoError, isBentoError } from '../core/errors.js'
import { type FullTag, fullTag, isTagPart, Tag } from '../core/tag.js'
import { visible } from '../core/text.js'
import { NOT_DIGESTED } from '../store/digest.js'
import type { StagedDraft } from '../store/draft.js'
import { MODEL_KIND } from '../store/kinds.js'
import { readLatest } from '../store/latest.js'
import type { Model } from '../store/model.js'
import { type ModelInfo, parseModelInfo } from '../store/model-info.js'
import type { ModelStore } from '../store/model-store.js'
import { isRecord, readRecord } from '../store/record.js'
import { digestWithout, requireDigest, seenFiles } from './digests.js'
import { holderOf } from './held.js'
import { requireInnerLinks } from './inner-links.js'
import { type HashedUnpacked, moveInto, type Unpacked } from './intake.js'
import { readManifest } from './manifest.js'
import { sameModel } from './same-model.js'
import type { CarriedModel } from './types.js'

const FOLDER = 'models'

/** A model that came with a bento, in a draft of its own. */
interface Arrival {
  tag: FullTag
  info: ModelInfo
  digest: string
  draft: StagedDraft<Model>
  outcome: CarriedModel['outcome']
}

/** What is left of a bento once its models are taken out. */
export interface Rest {
  files: readonly HashedUnpacked[]
  links: readonly string[]
}

/**
 * The models that come with a bento, from its archive's `models/` into the store: taken out and judged, all of them,
 * then published; taken back where the bento fails after all.
 */
export class Arrivals {
  readonly #store: ModelStore
  readonly #name: string
  readonly #arrivals: Arrival[] = []
  readonly #published: { tag: FullTag; latest: string | undefined }[] = []

  /** @param name how the user calls what is imported */
  constructor(store: ModelStore, name: string) {
    this.#store = store
    this.#name = name
  }

  /** What became of each, in order of their tags. */
  get outcomes(): CarriedModel[] {
    return this.#arrivals.map(({ tag, outcome }) => ({ tag, outcome }))
  }

  /** Digest of a model that came along; undefined where none of that tag did. */
  digestOf(tag: Tag): string | undefined {
    return this.#arrivals.find(arrival => arrival.tag.equals(tag))?.digest
  }

  /**
   * Takes every model out of an unpacked bento: each folder `models/<name>/<version>` with a `model.yaml`, listed in the
   * bento or not, as BentoML does. What else lies in `models/` is the bento's own and stays.
   *
   * @param own whether a file belongs to the bento itself: its checksums list it
   * @returns what is left of the bento
   * @throws `MANIFEST_INVALID`, `DIGEST_MISMATCH`, `ENTRY_KIND`; `TAG_EXISTS` where the store holds another model of
   * the tag; `DISK_FULL`, `IO_FAILED`
   */
  async takeOut(unpacked: Unpacked, own: (path: string) => boolean): Promise<Rest> {
    const tags = carriedTags(unpacked.files.map(file => file.path).filter(path => !own(path)))
    let { files, links }: Rest = unpacked
    for (const tag of tags) {
      const prefix = `${FOLDER}/${tag.name}/${tag.version}/`
      const inside = (path: string) => path.startsWith(prefix)
      const moved = files.filter(file => inside(file.path))
      await this.#take(tag, unpacked, prefix, moved, links.filter(inside))
      files = files.filter(file => !inside(file.path))
      links = links.filter(path => !inside(path))
    }
    const pointers = [...new Set(tags.map(tag => `${FOLDER}/${tag.name}/latest`))].filter(path => !own(path))
    for (const path of pointers) await unlink(join(unpacked.dir, path)).catch(() => undefined)
    if (tags.length > 0) await removeEmpty(unpacked.dir, tags)
    return { files: files.filter(file => !pointers.includes(file.path)), links }
  }

  async #take(
    tag: FullTag,
    bento: Unpacked,
    prefix: string,
    moved: readonly HashedUnpacked[],
    links: readonly string[],
  ): Promise<void> {
    const where = `${prefix}${MODEL_KIND.manifest} in ${this.#name}`
    const info = parseModelInfo(await readManifest(join(bento.dir, prefix, MODEL_KIND.manifest), where), where, tag)
    const draft = await this.#store.draft()
    const files = moved.map(file => ({ ...file, path: file.path.slice(prefix.length) }))
    const arrival: Arrival = { tag, info, digest: '', draft, outcome: 'imported' }
    this.#arrivals.push(arrival)
    await moveInto(join(bento.dir, prefix), draft.dir)
    draft.markSynced(files.map(file => file.path))
    const inner = links.map(path => path.slice(prefix.length))
    await requireInnerLinks(draft.dir, inner, this.#name)
    arrival.digest = digestWithout(await seenFiles(draft.dir, files, inner.length > 0), ...NOT_DIGESTED)
    if (info.digest !== undefined) requireDigest(`Model ${tag}`, info.digest, arrival.digest, where)
    if (await this.#isHeld(arrival)) arrival.outcome = 'same'
  }

  /** Whether the store holds the very model. @throws `TAG_EXISTS` where it holds another one */
  async #isHeld({ tag, info, digest }: Arrival): Promise<boolean> {
    const held = await holderOf(this.#store, tag)
    if (held === undefined) return false
    if (await sameModel(this.#store, held, info, digest)) return true
    throw new BentoError(
      'TAG_EXISTS',
      `The store holds ${tag} with other content than ${visible(this.#name)} carries.`,
      {
        hint: 'Tags are immutable: delete that model, or import the bento into another store.',
        details: { tag: String(tag), path: held.path },
      },
    )
  }

  /** Makes every model visible that the store does not hold. @throws as `Draft.publish` */
  async publish(): Promise<void> {
    for (const arrival of this.#arrivals) {
      if (arrival.outcome === 'same') continue
      const { tag, draft } = arrival
      const latest = readLatest(this.#store.root, tag.name)
      try {
        await draft.publish(tag)
        this.#published.push({ tag, latest })
      } catch (error) {
        // Another import may have been first.
        if (!isBentoError(error, 'TAG_EXISTS') || !(await this.#isHeld(arrival))) throw error
        arrival.outcome = 'same'
      }
    }
  }

  /** Removes what {@link publish} made visible, but for models that a bento uses by now. Never throws. */
  async takeBack(): Promise<void> {
    for (const { tag, latest } of this.#published.reverse()) {
      const pointed = readLatest(this.#store.root, tag.name) === tag.version
      const gone = await this.#store.delete(tag).then(
        () => true,
        () => false,
      )
      if (gone && pointed && latest !== undefined) await this.#pointBack(fullTag(tag.name, latest))
    }
  }

  /** A `latest` that was set to an older version is to name that again. */
  async #pointBack(tag: FullTag): Promise<void> {
    const { root, kind } = this.#store
    if (readLatest(root, tag.name) === tag.version || !isRecord(readRecord(root, kind, tag))) return
    await this.#store.setLatest(tag).catch(() => undefined)
  }

  /** Removes the drafts, published or not. Never throws. */
  async discard(): Promise<void> {
    for (const { draft } of this.#arrivals) await draft.discard()
  }
}

/** The tags of the models that lie in a bento, sorted. */
function carriedTags(paths: readonly string[]): FullTag[] {
  const tags: FullTag[] = []
  for (const path of paths) {
    const [folder, name = '', version = '', file, ...more] = path.split('/')
    const isModel = folder === FOLDER && file === MODEL_KIND.manifest && more.length === 0
    if (isModel && isTagPart(name) && isTagPart(version)) tags.push(fullTag(name, version))
  }
  return tags.sort(Tag.compare)
}

/** Removes the folders that taking models out has left empty. */
async function removeEmpty(dir: string, tags: readonly FullTag[]): Promise<void> {
  for (const name of new Set(tags.map(tag => tag.name))) await rmdir(join(dir, FOLDER, name)).catch(() => undefined)
  await rmdir(join(dir, FOLDER)).catch(() => undefined)
}
