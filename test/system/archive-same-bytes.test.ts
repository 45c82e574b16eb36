import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { packageService } from '../../src/bento/package-service.js'
import { ModelStore } from '../../src/transfer/index.js'
import { builtService, packageOptions } from '../bento/built-service.js'
import { gaussians, sentences } from '../support/archive-data.js'
import { BIN } from '../support/cli.js'
import { scratchFolder } from '../support/home.js'
import { describeNeeding } from '../support/needs.js'
import { repository } from '../support/served.js'
import { sha256File, treeOf } from '../support/tree.js'

const FORMATS = ['bento', 'xz', 'gz', 'bz2', 'tar', 'zip', 'folder'] as const
const isRoot = process.getuid?.() === 0

/** A bento of the plugin's making, with a model that has links, an executable, odd modes and an empty folder. */
async function save(home: string): Promise<string> {
  const models = new ModelStore(home)
  const model = await models.create('rich:v1', { labels: { a: 'b' } }, dir => {
    mkdirSync(join(dir, 'bin'))
    mkdirSync(join(dir, 'empty'))
    writeFileSync(join(dir, 'weights.bin'), new Uint8Array(gaussians(3_000_000, 1).buffer))
    writeFileSync(join(dir, 'text.txt'), sentences(5_000_000, 2))
    writeFileSync(join(dir, 'ü 模型'), 'u')
    writeFileSync(join(dir, 'bin/run.sh'), '#!/bin/sh\n')
    chmodSync(join(dir, 'bin/run.sh'), 0o750)
    chmodSync(join(dir, 'text.txt'), 0o600)
    symlinkSync('../text.txt', join(dir, 'bin', 'link'))
  })
  const { digest, size } = await models.digest(model)
  const { snapshot } = builtService()
  snapshot.pins.push({ requests: ['rich'], alias: undefined, tag: model.tag, digest, size, info: model.info })
  return (await packageService(snapshot, packageOptions(home))).tag
}

interface Circumstances {
  home: string
  out: string
  umask: string
  user: number
  /** Whether to have one core only. */
  alone?: boolean
  env: Record<string, string>
}

/** A core that this process may use. */
function core(): string {
  return /^Cpus_allowed_list:\s*(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0'
}

/** Exports with the command line in every format. */
function exportAll(tag: string, { home, out, umask, user, alone = false, env }: Circumstances): void {
  const exports = FORMATS.map(format => `"$0" "$1" export ${tag} -q -f ${format} x.${format}`).join(' && ')
  const script = ['sh', '-c', `umask ${umask} && ${exports}`, process.execPath, BIN]
  const other = user === 0 ? [] : ['setpriv', `--reuid=${user}`, `--regid=${user}`, '--clear-groups']
  const command = [...other, ...(alone ? ['taskset', '-c', core()] : []), ...script]
  execFileSync(command[0] as string, command.slice(1), {
    cwd: out,
    env: { PATH: process.env.PATH, HOME: out, BENTOML_HOME: home, ...env },
    stdio: ['ignore', 'inherit', 'inherit'],
  })
}

function reachable(user: number): string | undefined {
  try {
    const args = [`--reuid=${user}`, `--regid=${user}`, '--clear-groups', process.execPath, BIN, '--version']
    execFileSync('setpriv', args, { stdio: 'ignore', cwd: '/' })
    return undefined
  } catch {
    return `that another user may run ${repository}`
  }
}

// The fifth demand.
describeNeeding(isRoot ? reachable(65534) : 'root, to become another user', 'an export of one bento', () => {
  test('is the same for every format at another time, in another folder, by another user, with another umask and on one core', async () => {
    const [first, second] = [scratchFolder(), scratchFolder()]
    const tag = await save(join(first, 'home'))
    // A copy of the store: other owner, other times, other order of names on the disk, other modes but for who may execute.
    const copy = join(second, 'deep/er/home')
    mkdirSync(join(copy, '..'), { recursive: true })
    cpSync(join(first, 'home'), copy, { recursive: true, verbatimSymlinks: true })
    for (const path of readdirSync(copy, { recursive: true, encoding: 'utf8' }).reverse()) {
      if (path.endsWith('link')) continue
      utimesSync(join(copy, path), 1_000_000_000.5, 1_234_567_890.25)
    }
    execFileSync('chmod', ['-R', 'u=rwX,go=rX', second])
    const outs = [join(first, 'out'), join(second, 'other out')]
    for (const out of outs) mkdirSync(out)
    execFileSync('chown', ['-R', '65534:65534', second])
    const [one, two] = outs as [string, string]
    exportAll(tag, { home: join(first, 'home'), out: one, umask: '022', user: 0, env: { TZ: 'UTC' } })
    const env = { TZ: 'Asia/Kolkata', LC_ALL: 'tr_TR.UTF-8', SOURCE_DATE_EPOCH: '1', UV_THREADPOOL_SIZE: '1' }
    exportAll(tag, { home: copy, out: two, umask: '077', user: 65534, alone: true, env })
    for (const format of FORMATS.slice(0, -1)) {
      expect(sha256File(join(two, `x.${format}`)), format).toBe(sha256File(join(one, `x.${format}`)))
    }
    // A folder has times of its own, but its modes do not follow the umask.
    const trees = [one, two].map(out => treeOf(join(out, 'x.folder'), ({ mode }) => ` ${mode.toString(8)}`))
    expect(trees[1]).toEqual(trees[0])
  })
})
