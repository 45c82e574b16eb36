import type { Readable, Writable } from 'node:stream'
import type { ArchiveFormat, ExtractLimits, OnArchiveProgress, PackLevel } from '../archive/types.js'
import type { FullTag, Tag } from '../core/tag.js'
import type { Bento } from '../store/bento.js'
import type { Model } from '../store/model.js'

/** Where an export goes: a path, a `file:` URL, or a stream, which gets the archive's bytes and is not ended. */
export type ExportDestination = string | URL | Writable

/**
 * Where an import comes from: an archive or folder by path or `file:` URL, an archive by `https:` or `http:` URL, or a stream
 * of an archive's bytes.
 */
export type ImportSource = string | URL | Readable | AsyncIterable<Uint8Array>

/** How to export. */
export interface ExportOptions {
  /** @default what the destination's ending says, else the item's own: `bentomodel` or `bento` */
  format?: ArchiveFormat | undefined
  /** How hard to compress. @default 'fast' */
  level?: PackLevel | undefined
  /** Whether to replace what stands at the destination. @default false */
  force?: boolean | undefined
  onProgress?: OnArchiveProgress | undefined
  /** Breaks the work off; its reason is thrown, and nothing is left at the destination. */
  signal?: AbortSignal | undefined
}

/** How to export a bento. */
export interface ExportBentoOptions extends ExportOptions {
  /** Whether the archive carries the models that the bento uses. @default true */
  models?: boolean | undefined
}

/** What an export made. */
export interface Exported {
  readonly tag: FullTag
  /** Absolute path of the file or folder; undefined where it went to a stream. */
  readonly path: string | undefined
  readonly format: ArchiveFormat
  /** Bytes of the archive; of all files in the format `folder`. */
  readonly bytes: number
  /** What a user should know, as sentences: that BentoML refuses links in a zip. */
  readonly notes: readonly string[]
}

/** What an export of a bento made. */
export interface ExportedBento extends Exported {
  /** The models that it carries. */
  readonly models: readonly FullTag[]
}

/** How to fetch an archive from a URL. */
export interface RemoteOptions {
  /**
   * Whether the URL may lead to this machine or its own network, as a store on the same network does. Link-local addresses
   * are refused in any case, and private ones where a redirect from outside leads there. Servers that import what others
   * name set it to false.
   *
   * @default true
   */
  allowPrivate?: boolean | undefined
  /** Milliseconds until there must be a connection. @default 10000 */
  connectTimeout?: number | undefined
  /** Milliseconds of waiting within which an answer, and then each 64 KiB, must come. @default 60000 */
  idleTimeout?: number | undefined
}

/** How to import. */
export interface ImportOptions {
  /** Refuses every other format. @default what the content is, whatever the name says */
  format?: ArchiveFormat | undefined
  /** Leaves an item whose tag the store holds already as it is, instead of failing. @default false */
  skipExisting?: boolean | undefined
  /** Bounds of what the archive may ask for. */
  limits?: Partial<ExtractLimits> | undefined
  /** How to fetch it, where the source is a URL. */
  remote?: RemoteOptions | undefined
  onProgress?: OnArchiveProgress | undefined
  /** Breaks the work off; its reason is thrown, and the store is as it was. */
  signal?: AbortSignal | undefined
}

/** How to import a model. */
export interface ImportModelOptions extends ImportOptions {
  /** Tag to save it under in place of its own: `name:version`, or a bare name, which keeps the version. */
  as?: string | Tag | undefined
}

/** What an import of a model did. */
export interface ImportedModel {
  readonly tag: FullTag
  /** The model in the store. */
  readonly model: Model
  /** `exists`: the store held the tag, and {@link ImportOptions.skipExisting} left it as it was. */
  readonly outcome: 'imported' | 'exists'
  /** What a user should know, as sentences: that a wrapping folder was taken off. */
  readonly notes: readonly string[]
}

/** A model that came with a bento. */
export interface CarriedModel {
  readonly tag: FullTag
  /** `same`: the store held it already, with equal content. */
  readonly outcome: 'imported' | 'same'
}

/** What an import of a bento did. */
export interface ImportedBento {
  readonly tag: FullTag
  /** The bento in the store. */
  readonly bento: Bento
  /** `exists`: the store held the tag, and {@link ImportOptions.skipExisting} left it as it was, and its models. */
  readonly outcome: 'imported' | 'exists'
  /** The models that came with it, in order of their tags. */
  readonly models: readonly CarriedModel[]
  /** Tags of models that it uses, but that neither came with it nor are in the store. */
  readonly missing: readonly Tag[]
  /** What a user should know, as sentences: which models are missing. */
  readonly notes: readonly string[]
}

/** What the public `ModelStore` can beside what the floor below can. */
export interface ModelTransfer {
  /**
   * Writes a model to one file or folder, or to a stream, without touching the store. The same model gives the same
   * bytes, whoever exports it, when and where.
   *
   * @param tag as for `get`
   * @param destination a folder that exists, or a path that ends in `/`: `<name>-<version>.<format>` in it; by default
   * in the current directory. Another path is the file itself (in the format `folder`, the folder), with `.bentomodel`
   * added where its ending names no format and none is asked for. Parents are made.
   * @throws `TAG_NOT_FOUND`, `TAG_AMBIGUOUS`, `TAG_INVALID`; `TARGET_EXISTS` without `force`; `TARGET_INVALID`,
   * `FORMAT_UNKNOWN`, `OPTION_INVALID`, `CODEC_MISSING`; `ENTRY_NAME`, `ENTRY_KIND` for what no archive can hold;
   * `SOURCE_CHANGED`, `DISK_FULL`, `IO_FAILED`. Then nothing is left at the destination.
   * @example
   * ```ts
   * const { path } = await models.exportModel('iris_clf:v2', 'dist/iris.zip')
   * ```
   */
  exportModel(tag: string | Tag, destination?: ExportDestination, options?: ExportOptions): Promise<Exported>

  /**
   * Brings a model into the store, from any archive that this or BentoML made, or from a folder. The content says the
   * format, not the name. The manifest stays as it is, byte for byte; `latest` moves by creation time alone.
   *
   * @throws `TAG_EXISTS`; `SOURCE_NOT_FOUND`, `REMOTE_FAILED`, `FORMAT_UNKNOWN`, `CODEC_MISSING`; `ARCHIVE_INVALID`, `ENTRY_NAME`,
   * `ENTRY_KIND`, `ENTRY_CLASH`, `LIMIT_EXCEEDED` for an archive that is broken or hostile; `MANIFEST_INVALID` where it
   * holds no model; `DIGEST_MISMATCH`; `OPTION_INVALID`, `TAG_INVALID`; `DISK_FULL`, `STORE_READ_ONLY`, `HOME_INVALID`,
   * `IO_FAILED`. Then the store is as it was.
   * @example
   * ```ts
   * const { tag } = await models.importModel('iris.zip', { as: 'iris_prod:v2' })
   * ```
   */
  importModel(source: ImportSource, options?: ImportModelOptions): Promise<ImportedModel>
}

/** What the public `BentoStore` can beside what the floor below can. */
export interface BentoTransfer {
  /**
   * Writes a bento, and the models that it uses, to one file or folder, or to a stream, without touching the store. The
   * models lie in `models/<name>/<version>`, where BentoML looks for them; those of Hugging Face are never carried.
   *
   * @param destination as for {@link ModelTransfer.exportModel}, with `.bento`
   * @throws as {@link ModelTransfer.exportModel}; `TAG_NOT_FOUND` also for models that the store lacks,
   * `DIGEST_MISMATCH` for those that are others by now than the bento was built with; `ENTRY_CLASH` where the bento's
   * own `models/` has something else in the place of one of them
   * @example
   * ```ts
   * const { models } = await bentos.exportBento('classifier', 'release/')
   * ```
   */
  exportBento(tag: string | Tag, destination?: ExportDestination, options?: ExportBentoOptions): Promise<ExportedBento>

  /**
   * Brings a bento and the models that come with it into their stores: all of it or nothing. Models are taken from its
   * `models/`; those that the store holds with equal content are left as they are.
   *
   * @throws as {@link ModelTransfer.importModel}; `TAG_EXISTS` also for a model that the store holds with other content;
   * `MODEL_GONE` where a model was deleted meanwhile
   */
  importBento(source: ImportSource, options?: ImportOptions): Promise<ImportedBento>
}
