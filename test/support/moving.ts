import { randomBytes } from 'node:crypto'
import { lstatSync, readdirSync, readFileSync, readlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { ModelStore } from '../../src/store/index.js'
import { bento, type CliOptions, type CliResult } from './cli.js'

/** Runs the built `bento`; without the lines of progress, which a machine that is busy gives of any work. */
export async function bentoSays(args: readonly string[], options: CliOptions): Promise<CliResult> {
  const result = await bento(args, options)
  return { ...result, stderr: result.stderr.replace(/^(?:exporting|importing).* …\n/gm, '') }
}

/**
 * Saves the model `huge:v1`, whose `zeros.bin` is a hole: it takes no space and no time to make. Its digest is that of
 * something else, so that nobody reads it all: it can be exported, but not be imported to the end.
 *
 * @param size bytes
 */
export async function hugeModel(home: string, size: number): Promise<void> {
  await new ModelStore(home).create('huge:v1', {}, async dir => writeFileSync(join(dir, 'small.txt'), 'x'))
  const file = join(home, 'models/huge/v1/zeros.bin')
  writeFileSync(file, '')
  truncateSync(file, size)
}

/**
 * Saves the model `noise:v1`, whose `noise.bin` no format makes smaller.
 *
 * @param size bytes
 */
export async function noiseModel(home: string, size: number): Promise<void> {
  await new ModelStore(home).create('noise:v1', {}, async dir =>
    writeFileSync(join(dir, 'noise.bin'), randomBytes(size)),
  )
}

/** What a folder holds: path to mode and content, target of a link, or `folder`. */
export function treeOf(dir: string): Record<string, string> {
  const entries = readdirSync(dir, { recursive: true }).map(path => {
    const full = join(dir, String(path))
    const stat = lstatSync(full)
    if (stat.isSymbolicLink()) return [path, `-> ${readlinkSync(full)}`]
    if (stat.isDirectory()) return [path, 'folder']
    return [path, `${(stat.mode & 0o100) === 0 ? '' : 'x '}${readFileSync(full, 'latin1')}`]
  })
  return Object.fromEntries(entries.sort())
}

/** Waits until something is so, or `end` has come. */
export async function until(so: () => boolean, end: Promise<unknown>): Promise<void> {
  const ended = end.then(
    () => true,
    () => true,
  )
  while (!so() && !(await Promise.race([ended, pause(2, false)])));
}
