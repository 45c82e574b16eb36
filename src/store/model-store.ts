import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { digestOfFiles } from '../core/digest.js'
import { BentoError } from '../core/errors.js'
import type { FullTag, Tag } from '../core/tag.js'
import { isoTime, now } from '../core/time.js'
import { ioError } from '../files/errors.js'
import { type HashedFile, hashTree } from '../files/hash.js'
import { syncFiles } from '../files/sync.js'
import { writeNewFile } from '../files/write.js'
import { CUSTOM_OBJECTS_FILE, dumpCustomObjects } from './custom-objects.js'
import { cachedDigest, digestedSize, forgetDigest, type ModelDigest, NOT_DIGESTED } from './digest.js'
import type { StagedDraft } from './draft.js'
import { fillDraft } from './fill.js'
import { detectFramework } from './framework.js'
import { ItemStore } from './item-store.js'
import { MODEL_KIND } from './kinds.js'
import { type Model, StoredModel } from './model.js'
import { checkModelInput, dumpModelInfo, type ModelInput } from './model-info.js'
import { newTag, refuseTaken } from './new-tag.js'
import type { ItemRecord } from './record.js'
import { bentosUsing } from './users.js'

/** What is saved with a model. */
export interface ModelOptions extends ModelInput {
  /**
   * npm package the model runs with: its name and installed version, as found from the working directory, become the
   * context's framework. What `context` says itself goes before.
   */
  framework?: string | undefined
  /** Plain JSON values, stored beside the model and given back by `Model.customObjects()`. */
  customObjects?: Readonly<Record<string, unknown>> | undefined
}

/** The model store of a home: `<home>/models`, shared with BentoML. */
export class ModelStore extends ItemStore<Model> {
  /** @param home by default `BENTOML_HOME`, else `~/bentoml`, looked up at the first use */
  constructor(home?: string) {
    super(MODEL_KIND, home)
  }

  /**
   * Saves a model: `write` fills a private folder, which then becomes visible in one instant or not at all.
   *
   * @param name `name`, then a version is made up as BentoML does, or `name:version`
   * @param write gets the folder's absolute path; when it throws, nothing remains and its error comes through
   * @throws `TAG_INVALID`, `TAG_EXISTS`; `VALUE_INVALID` and `OPTION_INVALID` before `write` runs for options, after it
   * for links that lead outside; `DISK_FULL`, `STORE_READ_ONLY`, `HOME_INVALID`, `IO_FAILED`
   * @example
   * ```ts
   * const model = await models.create('iris_clf', { labels: { stage: 'dev' }, framework: 'onnxruntime-node' }, dir =>
   *   copyFile('model.onnx', join(dir, 'model.onnx')),
   * )
   * ```
   */
  async create(name: string | Tag, options: ModelOptions, write: (dir: string) => unknown): Promise<Model> {
    const tag = newTag(name)
    const { framework, customObjects, ...input } = options
    const objects = customObjects === undefined ? undefined : dumpCustomObjects(customObjects)
    const detected = framework === undefined ? {} : await detectFramework(framework, process.cwd())
    const checked = checkModelInput({ ...input, context: { ...detected, ...input.context } }, `model ${tag}`)
    await refuseTaken(this, tag)
    const draft = await this.draft()
    await fillDraft(draft, write, `save model ${tag}`, this.root)
    try {
      if (objects !== undefined) await writeNewFile(join(draft.dir, CUSTOM_OBJECTS_FILE), objects)
      // A model.yaml that came along with the files is of another model, or a link to who knows where.
      await rm(join(draft.dir, MODEL_KIND.manifest), { force: true })
      const { digest, size } = await hashAndSync(draft)
      const creationTime = isoTime(now())
      const nodeVersion = process.versions.node
      const text = dumpModelInfo({ tag, ...checked, creationTime, digest, size, nodeVersion, extra: {} })
      await writeNewFile(join(draft.dir, MODEL_KIND.manifest), text)
      return await draft.publish(tag)
    } catch (error) {
      await draft.discard()
      throw ioError(error, `save model ${tag}`, this.root)
    }
  }

  /**
   * Digest and size of a model's files. A model saved here carries them; for one that Python saved they are computed
   * once and cached.
   *
   * @throws `IO_FAILED` when a file can't be read
   */
  async digest(model: Model): Promise<ModelDigest> {
    const { digest, size } = model.info
    // Where the size is another one, the files are no longer those that were saved: say what they are now.
    if (digest !== undefined && size !== undefined && size === (await digestedSize(model.path))) return { digest, size }
    return cachedDigest(this.home, model.tag, model.path)
  }

  override async delete(tag: string | Tag): Promise<Model[]> {
    const deleted = await super.delete(tag)
    for (const model of deleted) await forgetDigest(this.home, model.tag)
    return deleted
  }

  protected override make(record: ItemRecord): Model {
    return new StoredModel(record)
  }

  protected override async guard(tags: readonly FullTag[]): Promise<void> {
    const users = await bentosUsing(this.home, ...tags)
    if (users.length === 0) return
    const which = tags.length === 1 ? `Model ${tags[0]} is` : `Models of ${tags[0]?.name} are`
    throw new BentoError('MODEL_IN_USE', `${which} used by ${users.join(', ')}.`, {
      hint: 'Delete those bentos first.',
      details: { models: tags.map(String), bentos: users.map(String) },
    })
  }
}

/** Reads the files while they are still in memory, and at the same time sees them to the disk. */
async function hashAndSync(draft: StagedDraft<Model>): Promise<ModelDigest> {
  const [files, synced] = await Promise.all([hashTree(draft.dir, NOT_DIGESTED), syncFiles(draft.dir)])
  draft.markSynced(synced)
  return { digest: digestOfFiles(files), size: totalSize(files) }
}

function totalSize(files: HashedFile[]): number {
  return files.reduce((sum, file) => sum + file.size, 0)
}
