import { join } from 'node:path'
import { BentoError } from '../core/errors.js'
import { BENTOML_VERSION } from '../core/peer.js'
import { fullTag, type Tag } from '../core/tag.js'
import { isoTime, now } from '../core/time.js'
import { ValueChecker } from '../core/values.js'
import { ioError } from '../files/errors.js'
import { writeNewFile } from '../files/write.js'
import { type Bento, StoredBento } from './bento.js'
import { allModels, type BentoEnvInfo, type BentoInfo, type BentoModelRef, dumpBentoInfo } from './bento-info.js'
import { fillDraft } from './fill.js'
import { ItemStore } from './item-store.js'
import { BENTO_KIND } from './kinds.js'
import type { Model } from './model.js'
import { ModelStore } from './model-store.js'
import { newTag, refuseTaken } from './new-tag.js'
import { type ItemRecord, isRecord, readRecord } from './record.js'

/** What a bento made by {@link BentoStore.create} says of itself. */
export interface BentoOptions {
  labels?: Readonly<Record<string, string>>
  /** Models it uses, as tags that the model store of the same home knows. */
  models?: readonly (string | Tag)[]
  /** Import string of a Python service in `src/`, for BentoML. @default '' */
  service?: string
  envs?: readonly Pick<BentoEnvInfo, 'name' | 'value' | 'stage'>[]
  args?: BentoInfo['args']
  schema?: BentoInfo['schema']
}

/** The bento store of a home: `<home>/bentos`, shared with BentoML. */
export class BentoStore extends ItemStore<Bento> {
  #models: ModelStore | undefined

  /** @param home by default `BENTOML_HOME`, else `~/bentoml`, looked up at the first use */
  constructor(home?: string) {
    super(BENTO_KIND, home)
  }

  /** The model store of the same home, where a bento's models are. */
  get models(): ModelStore {
    this.#models ??= new ModelStore(this.home)
    return this.#models
  }

  /**
   * Saves a bento made by hand; the plugin makes them with everything in. `write` fills a private folder, `bento.yaml`
   * is added.
   *
   * @param name `name`, then a version is made up as BentoML does, or `name:version`
   * @param write gets the folder's absolute path; when it throws, nothing remains and its error comes through
   * @throws `TAG_INVALID`, `TAG_EXISTS`, `VALUE_INVALID`; `TAG_NOT_FOUND`, `TAG_AMBIGUOUS` and `MODEL_GONE` for its
   * models; `DISK_FULL`, `STORE_READ_ONLY`, `HOME_INVALID`, `IO_FAILED`
   */
  async create(name: string | Tag, options: BentoOptions, write: (dir: string) => unknown): Promise<Bento> {
    const tag = newTag(name)
    const info = bentoInfo(tag, options, await this.#find(options.models ?? []))
    await refuseTaken(this, tag)
    const draft = await this.draft()
    await fillDraft(draft, write, `save bento ${tag}`, this.root)
    try {
      await writeNewFile(join(draft.dir, BENTO_KIND.manifest), dumpBentoInfo({ ...info, creationTime: isoTime(now()) }))
      return await draft.publish(tag)
    } catch (error) {
      await draft.discard()
      throw ioError(error, `save bento ${tag}`, this.root)
    }
  }

  async #find(tags: readonly (string | Tag)[]): Promise<Model[]> {
    const found: Model[] = []
    for (const tag of tags) found.push(await this.models.get(tag))
    return found
  }

  protected override make(record: ItemRecord): Bento {
    return new StoredBento(record)
  }

  /**
   * Together with the look that {@link ModelStore.delete} takes at the bentos once a model is gone, one of the two
   * always sees the other.
   */
  protected override async confirm(bento: Bento, lacking: ReadonlySet<string>): Promise<void> {
    const used = allModels(bento.info).filter(model => model.registry === 'bentoml' && !lacking.has(String(model.tag)))
    const gone = used.filter(model => !this.#holds(model))
    if (gone.length === 0) return
    const tags = gone.map(model => String(model.tag))
    throw new BentoError(
      'MODEL_GONE',
      `Bento ${bento.tag} uses models that ${this.models.root} does not hold: ${tags.join(', ')}.`,
      {
        hint: 'They were deleted meanwhile: save them again, or build with others.',
        details: { models: tags },
      },
    )
  }

  #holds({ tag }: BentoModelRef): boolean {
    const { root, kind } = this.models
    return tag.version !== undefined && isRecord(readRecord(root, kind, fullTag(tag.name, tag.version)))
  }
}

function bentoInfo(tag: BentoInfo['tag'], options: BentoOptions, models: Model[]): BentoInfo {
  const checker = new ValueChecker()
  const { labels = {}, service = '', envs = [], args = {}, schema = {} } = options
  const info: BentoInfo = {
    tag,
    service: checker.text(service, 'service'),
    bentomlVersion: BENTOML_VERSION,
    creationTime: isoTime(0n),
    labels: checker.labels(labels),
    models: models.map(modelRef),
    entryService: tag.name,
    services: [],
    envs: envs.map((env, index) => ({
      name: checker.text(env.name, `envs[${index}].name`),
      value: checker.text(env.value, `envs[${index}].value`),
      stage: env.stage,
      extra: {},
    })),
    schema: checker.map(schema, 'schema', true),
    args: checker.map(args, 'args', true),
    spec: 2,
    image: {
      baseImage: '',
      pythonVersion: '',
      commands: [],
      pythonRequirements: '',
      postCommands: [],
      buildInclude: [],
      extra: {},
    },
    node: undefined,
    extra: {},
  }
  checker.finish(`bento ${tag}`)
  return info
}

function modelRef(model: Model): BentoModelRef {
  const { tag, module, creationTime } = model
  return { tag, module, creationTime, alias: undefined, registry: 'bentoml', metadata: undefined, extra: {} }
}
