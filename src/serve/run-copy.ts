import { existsSync } from 'node:fs'
import { symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { SOURCE } from '../bento/layout.js'
import { copyTree } from '../files/copy.js'
import { ioError } from '../files/errors.js'
import { openStage, type Stage } from '../files/stage.js'
import type { BentoSource } from './bento-source.js'

/** A copy of a bento's `src/` from where Node finds the installed packages. */
export interface RunCopy {
  /** Absolute path of the copied `src/`. */
  source: string
  /** Removes what was made for this run alone. */
  release(): Promise<void>
}

/**
 * Copies `src/` to where Node finds its packages: Node looks for `node_modules` from a file's real folder upwards, and a
 * stored bento never changes. A stored bento's copy lies in the environment, `run/<name>-<version>-<content>/src`, and
 * stays for the next run; a folder's is made for this run in `<home>/tmp`, beside a link to the packages.
 *
 * @throws those of the staging: `DISK_FULL`, `STORE_READ_ONLY`, `IO_FAILED`
 */
export async function copyForRun(bento: BentoSource, environment: string, home: string): Promise<RunCopy> {
  if (bento.content === undefined) return copyForOnce(bento, environment, home)
  const target = join(environment, 'run', `${bento.tag.replace(':', '-')}-${bento.content}`)
  const copy = { source: join(target, SOURCE), release: async () => {} }
  if (existsSync(target)) return copy
  const stage = await openStage(home)
  try {
    await copySource(bento, stage)
    await stage.publish(target)
  } finally {
    await stage.discard()
  }
  return copy
}

async function copyForOnce(bento: BentoSource, environment: string, home: string): Promise<RunCopy> {
  const stage = await openStage(home)
  try {
    await copySource(bento, stage)
    // A junction is what Windows lets every user make.
    await symlink(join(environment, 'node_modules'), join(stage.dir, 'node_modules'), 'junction')
  } catch (error) {
    await stage.discard()
    throw ioError(error, 'copy the bento', stage.dir)
  }
  return { source: join(stage.dir, SOURCE), release: () => stage.discard() }
}

/** Packages that someone has installed in the folder itself stay behind. */
async function copySource(bento: BentoSource, stage: Stage): Promise<void> {
  try {
    await copyTree(join(bento.path, SOURCE), join(stage.dir, SOURCE), { filter: ({ path }) => path !== 'node_modules' })
  } catch (error) {
    throw ioError(error, 'copy the bento', stage.dir)
  }
}
