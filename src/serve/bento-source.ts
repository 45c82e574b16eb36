import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { MANIFEST, PACKAGE_JSON, SERVER, SOURCE } from '../bento/layout.js'
import type { BentoEnv } from '../bento/types.js'
import { CHECKSUMS } from '../core/digest.js'
import { BentoError, systemCode } from '../core/errors.js'
import { Tag } from '../core/tag.js'
import { parseBentoInfo } from '../store/bento-info.js'
import { BentoStore } from '../store/index.js'

/** A bento to be served. */
export interface BentoSource {
  /** Its tag, as text. */
  tag: string
  /** Absolute path of its folder. */
  path: string
  envs: BentoEnv[]
  packageJson: Record<string, unknown>
  /** Names the bytes of a stored bento, which never change; undefined for a folder, which may. */
  content: string | undefined
}

/**
 * Finds the bento that `bento` means: a folder with a `bento.yaml`, else a tag in the store, as BentoML reads it.
 *
 * @throws `TAG_NOT_FOUND`, `TAG_AMBIGUOUS`, `TAG_INVALID`, `MANIFEST_INVALID`, `SERVE_FAILED` where it is no Node bento
 */
export async function findBento(bento: string, home: string): Promise<BentoSource> {
  const folder = resolve(bento)
  const manifest = await readIf(join(folder, MANIFEST))
  if (manifest !== undefined) return describe(folder, manifest.toString('utf8'), undefined)
  const stored = await fromStore(bento, home)
  const text = await readFile(join(stored, MANIFEST))
  const sums = await readIf(join(stored, CHECKSUMS))
  const content = sums && createHash('sha256').update(text).update(sums).digest('hex').slice(0, 12)
  return describe(stored, text.toString('utf8'), content)
}

async function fromStore(bento: string, home: string): Promise<string> {
  let tag: Tag
  try {
    tag = Tag.parse(bento)
  } catch (error) {
    const folder = resolve(bento)
    const stats = await stat(folder).catch(() => undefined)
    // No tag holds a slash.
    if (stats === undefined && !/[\\/]/.test(bento)) throw error
    const why = stats === undefined ? 'does not exist' : stats.isDirectory() ? `holds no ${MANIFEST}` : 'is no folder'
    throw new BentoError('SERVE_FAILED', `${folder} ${why}.`, { hint: 'Name a built bento: its tag, or its folder.' })
  }
  return (await new BentoStore(home).get(tag)).path
}

async function describe(path: string, manifest: string, content: string | undefined): Promise<BentoSource> {
  const info = parseBentoInfo(manifest, join(path, MANIFEST))
  const tag = String(info.tag)
  const packageJson = await readIf(join(path, SOURCE, PACKAGE_JSON))
  if ((await readIf(join(path, SOURCE, SERVER))) === undefined) {
    throw new BentoError('SERVE_FAILED', `${tag} is no Node bento: it has no ${SOURCE}/${SERVER}.`, {
      hint: 'A bento made in Python runs with "bentoml serve".',
      details: { path },
    })
  }
  return { tag, path, envs: envsOf(info.envs), packageJson: parse(packageJson, path), content }
}

function envsOf(envs: readonly { name: string; value: string; stage: string }[]): BentoEnv[] {
  return envs.map(({ name, value, stage }) => ({ name, value, stage: stage as BentoEnv['stage'] }))
}

function parse(text: Buffer | undefined, path: string): Record<string, unknown> {
  try {
    return JSON.parse(text?.toString('utf8') ?? '{}') as Record<string, unknown>
  } catch (error) {
    throw new BentoError('SERVE_FAILED', `${join(path, SOURCE, PACKAGE_JSON)} is not JSON.`, { cause: error })
  }
}

async function readIf(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path)
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return undefined
    throw new BentoError('IO_FAILED', `Cannot read ${path}: ${systemCode(error) ?? error}.`, { cause: error })
  }
}
