import { mkdir, rename, rmdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type OpenInput, openInput } from '../archive/input.js'
import { localPath } from '../archive/local-path.js'
import { type UnpackedFile, type UnpackReport, unpackInto } from '../archive/unpack.js'
import { BentoError } from '../core/errors.js'
import { visible } from '../core/text.js'
import { ioError } from '../files/errors.js'
import { removeTree } from '../files/remove.js'
import type { StagedDraft } from '../store/draft.js'
import type { ItemKind } from '../store/record.js'
import { type FoundManifest, findManifest } from './manifest.js'
import { remoteUrl } from './remote/remote-url.js'
import type { ImportOptions, ImportSource } from './types.js'

/** An item that was unpacked and lies in a draft, its manifest at the top. Nothing of it is believed yet. */
export interface Unpacked {
  /** The draft's folder. */
  dir: string
  manifest: FoundManifest
  /** Every file, durable, and hashed unless {@link Intake.unpack} was told otherwise. */
  files: readonly HashedUnpacked[]
  /** Paths of the links that were kept. */
  links: readonly string[]
  notes: readonly string[]
}

/** A file of an item, with its digest: empty where none was asked for. */
export type HashedUnpacked = UnpackedFile & { sha256: string }

/** Looks at a manifest, before or after the rest is unpacked. What it throws ends the import. */
export type Look = (manifest: FoundManifest) => Promise<void>

/** Thrown where an import has nothing to do: what it answers then. */
export class Skipped<T> extends Error {
  readonly answer: T

  constructor(answer: T) {
    super('skipped')
    this.answer = answer
  }
}

/**
 * What is being imported: opened, looked into where that costs nothing, unpacked. Close it in any case.
 */
export class Intake {
  readonly #input: OpenInput
  readonly #kind: ItemKind
  readonly #options: ImportOptions

  private constructor(input: OpenInput, kind: ItemKind, options: ImportOptions) {
    this.#input = input
    this.#kind = kind
    this.#options = options
  }

  /** @throws `SOURCE_NOT_FOUND`, `REMOTE_FAILED`, `OPTION_INVALID`, `IO_FAILED` */
  static async open(source: ImportSource, kind: ItemKind, options: ImportOptions): Promise<Intake> {
    const url = remoteUrl(source)
    const input = url === undefined ? await openInput(localSource(source)) : await openRemote(url, options)
    return new Intake(input, kind, options)
  }

  /** How to call it in messages: its path. */
  get name(): string {
    return this.#input.name
  }

  async close(): Promise<void> {
    await this.#input.close()
  }

  /**
   * Shows `look` the manifest of a folder, before anything is copied. Other sources show theirs in {@link unpack}.
   *
   * @throws `MANIFEST_INVALID`, and what `look` throws
   */
  async peek(look: Look): Promise<void> {
    const { kind, path, name } = this.#input
    if (kind === 'folder' && path !== undefined) await look(await findManifest(path, this.#kind, name))
  }

  /**
   * Unpacks into a draft and takes off a folder around everything.
   *
   * @param look shown the manifest as soon as it is there, and again at the end: what it throws spares the rest
   * @param hash asked at the beginning of each file whether its digest will be needed
   * @throws `MANIFEST_INVALID`, what {@link unpackInto} and `look` throw
   */
  async unpack<T>(draft: StagedDraft<T>, look: Look, hash: () => boolean): Promise<Unpacked> {
    const { dir } = draft
    const { format, limits, onProgress, signal } = this.#options
    const find = () => findManifest(dir, this.#kind, this.name)
    const early = { path: this.#kind.manifest, arrived: async () => look(await find()) }
    // Beside the item's folder, in the stage.
    const temp = dirname(dir)
    const options = { format, limits, onProgress, signal, temp, early, hash, sync: true }
    const report = await unpackInto(this.#input, dir, options)
    const manifest = await find()
    await look(manifest)
    if (manifest.wrap !== '') await this.#unwrap(dir, manifest.wrap)
    const { files, links } = inner(report, manifest.wrap)
    draft.markSynced(files.map(file => file.path))
    return { dir, manifest, files, links, notes: this.#notes(report, manifest) }
  }

  async #unwrap(dir: string, wrap: string): Promise<void> {
    try {
      const aside = join(dirname(dir), 'wrapped')
      await rename(join(dir, wrap), aside)
      // What a Mac added beside it.
      await removeTree(dir)
      await rename(aside, dir)
    } catch (error) {
      throw ioError(error, 'take off the folder around everything', dir)
    }
  }

  #notes(report: UnpackReport, { wrap }: FoundManifest): string[] {
    const around = `Everything in ${this.name} lies in the folder ${JSON.stringify(wrap.slice(0, -1))}, which was taken off.`
    const beside = report.files.some(({ path }) => !path.startsWith(wrap))
    const left = `${around}${beside ? ' What macOS had put beside it was left out.' : ''}`
    return [...(this.#input.notes ?? []), ...(wrap === '' ? [] : [visible(left)]), ...report.warnings]
  }
}

async function openRemote(url: URL, { remote, signal }: ImportOptions): Promise<OpenInput> {
  // Most imports are of files.
  const { RemoteInput } = await import('./remote/remote-input.js')
  return RemoteInput.open(url, { ...remote, signal })
}

function localSource(source: ImportSource): ImportSource {
  if (source === '') throw new BentoError('OPTION_INVALID', 'The source of the import is empty.')
  return typeof source === 'string' || source instanceof URL ? localPath(source, 'source').path : source
}

/** Paths as they are without the folder around them. */
function inner(report: UnpackReport, wrap: string): Pick<Unpacked, 'files' | 'links'> {
  const inside = <T extends { path: string }>(all: readonly T[]): T[] =>
    all.filter(({ path }) => path.startsWith(wrap)).map(one => ({ ...one, path: one.path.slice(wrap.length) }))
  const files = inside(report.files).map(file => ({ ...file, sha256: file.sha256 ?? '' }))
  return { files, links: inside(report.links).map(link => link.path) }
}

/** The error that an import ends with: the reason of its signal, and that it is skipped, stay what they are. */
export function importError(error: unknown, { signal }: ImportOptions, name: string, root: string): unknown {
  const stays = error instanceof Skipped || (signal?.aborted === true && error === signal.reason)
  return stays ? error : ioError(error, `import ${visible(name)}`, root)
}

/** Puts a folder of one draft in the place of another draft's, which is empty. Both lie in the store's `tmp`. */
export async function moveInto(from: string, dir: string): Promise<void> {
  try {
    await rmdir(dir)
    await rename(from, dir)
  } catch (error) {
    await mkdir(dir, { recursive: true }).catch(() => undefined)
    throw ioError(error, 'import the model', dir)
  }
}
