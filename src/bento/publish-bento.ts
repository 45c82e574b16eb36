import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CHECKSUMS, checksumLine, type DigestedFile, digestOfFiles } from '../core/digest.js'
import { BentoError, isBentoError } from '../core/errors.js'
import { compareText, type FullTag } from '../core/tag.js'
import { ioError } from '../files/errors.js'
import { hashTree } from '../files/hash.js'
import type { Bento } from '../store/bento.js'
import { dumpBentoInfo } from '../store/bento-info.js'
import type { BentoStore } from '../store/bento-store.js'
import { readLatest } from '../store/latest.js'
import { MANIFEST } from './layout.js'
import { type BuildFacts, type ManifestFacts, manifestOf } from './manifest.js'
import { checkWritten, type MeasuredFile, writePlan } from './planned-file.js'
import type { ModelPin } from './types.js'

/** What is to be published. */
export interface Publication {
  tag: FullTag
  files: readonly MeasuredFile[]
  facts: ManifestFacts
  /** `sha256:<hex>`: see `contentOf`. */
  content: string
  tool: string
  bundler: string
  /** Asked only where something new is written. */
  creationTime: () => Promise<string>
}

/** The bento in the store, and whether it is new there. */
export interface Published {
  bento: Bento
  published: boolean
}

/**
 * Publishes a bento once: where the store holds the same content under the tag, `latest` is pointed there and nothing
 * else is written.
 *
 * @throws `TAG_EXISTS` when the tag names other content; `MODEL_GONE` when a pinned model was deleted meanwhile;
 * `HOME_INVALID`, `STORE_READ_ONLY`, `DISK_FULL`, `IO_FAILED`. Then nothing is visible and nothing is left behind.
 */
export async function publishBento(store: BentoStore, publication: Publication): Promise<Published> {
  const before = await sameContent(store, publication)
  if (before !== undefined) return { bento: before, published: false }
  const draft = await store.begin()
  let bento: Bento
  try {
    await fill(draft.dir, publication)
    bento = await draft.publish(publication.tag, { latest: 'always' })
  } catch (error) {
    await draft.discard()
    // Another build of the same content may have been first.
    const theirs = isBentoError(error, 'TAG_EXISTS') ? await sameContent(store, publication) : undefined
    if (theirs === undefined) throw error
    return { bento: theirs, published: false }
  }
  return { bento, published: true }
}

/** The stored bento of the tag; undefined where there is none. @throws `TAG_EXISTS` when it is another. */
async function sameContent(store: BentoStore, { tag, content, facts }: Publication): Promise<Bento | undefined> {
  const [stored] = await store.list(tag)
  if (stored === undefined) return undefined
  if (stored.info.node?.content !== content) {
    throw new BentoError('TAG_EXISTS', `The store already holds ${tag}, with other content.`, {
      hint: 'Tags are immutable: choose another version, or "content" to get one made of the content.',
      details: { tag: String(tag), path: stored.path },
    })
  }
  await checkModels(store, facts.pins)
  if (readLatest(store.root, tag.name) !== tag.version) await store.setLatest(tag)
  return stored
}

async function checkModels(store: BentoStore, pins: readonly ModelPin[]): Promise<void> {
  const gone: string[] = []
  for (const { tag } of pins) {
    if ((await store.models.list(tag)).length === 0) gone.push(String(tag))
  }
  if (gone.length > 0) {
    throw new BentoError('MODEL_GONE', `Models that this build uses were deleted meanwhile: ${gone.join(', ')}.`, {
      hint: 'Save or import them again, then build.',
      details: { models: gone },
    })
  }
}

async function fill(dir: string, publication: Publication): Promise<void> {
  const { files, facts, tag, content, tool, bundler } = publication
  // Asks git, which takes about as long as the files.
  const creationTime = publication.creationTime()
  creationTime.catch(() => undefined)
  await writePlan(dir, files)
  const written = await hashTree(dir)
  checkWritten(files, written)
  const build: BuildFacts = {
    tag,
    creationTime: await creationTime,
    content,
    digest: digestOfFiles(written),
    tool,
    bundler,
  }
  const manifest = dumpBentoInfo(manifestOf(facts, build))
  const hashed = [...written, { path: MANIFEST, sha256: createHash('sha256').update(manifest).digest('hex') }]
  try {
    await writeFile(join(dir, MANIFEST), manifest, { flag: 'wx' })
    await writeFile(join(dir, CHECKSUMS), checksums(hashed), { flag: 'wx' })
  } catch (error) {
    throw ioError(error, 'write the bento', dir)
  }
}

/** Text of `SHA256SUMS`, as `sha256sum -c` reads it, sorted by path. */
function checksums(files: readonly DigestedFile[]): string {
  return [...files]
    .sort((a, b) => compareText(a.path, b.path))
    .map(checksumLine)
    .join('')
}
