import { execFile } from 'node:child_process'
import { isAbsolute, relative, sep } from 'node:path'
import { BentoError } from '../core/errors.js'

/** Last second of the year 9999, the last that ISO 8601 and Python's datetime can write with four digits. */
const LAST_SECOND = 253_402_300_799n
/** A git slower than this, on a huge tree or a dead network disk, isn't worth the wait: the clock will do. */
const GIT_PATIENCE_MS = 5_000

/**
 * When a bento counts as made, in microseconds since 1970: `SOURCE_DATE_EPOCH`
 * (https://reproducible-builds.org/specs/source-date-epoch/), else the time of the commit where nothing in the
 * project's folder differs from it, else undefined: the clock. It is no part of the content version.
 *
 * @param outDir the bundler's output, which doesn't make the folder differ
 * @throws `OPTION_INVALID` when `SOURCE_DATE_EPOCH` is no whole number of seconds.
 */
export async function sourceTime(
  projectRoot: string,
  outDir: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<bigint | undefined> {
  return epochTime(env) ?? commitTime(projectRoot, outDir, env)
}

/**
 * What `SOURCE_DATE_EPOCH` says, in microseconds since 1970; undefined where it is unset or empty.
 *
 * @throws `OPTION_INVALID`
 */
export function epochTime(env: NodeJS.ProcessEnv = process.env): bigint | undefined {
  const text = env.SOURCE_DATE_EPOCH
  if (text === undefined || text === '') return undefined
  if (!/^\d{1,12}$/.test(text) || BigInt(text) > LAST_SECOND) {
    throw new BentoError('OPTION_INVALID', `SOURCE_DATE_EPOCH is ${JSON.stringify(text)}, which is no time.`, {
      hint: 'Set it to whole seconds since 1970, for example SOURCE_DATE_EPOCH=$(git log -1 --format=%ct), or unset it.',
    })
  }
  return BigInt(text) * 1_000_000n
}

async function commitTime(root: string, outDir: string, env: NodeJS.ProcessEnv): Promise<bigint | undefined> {
  const [changes, commit] = await Promise.all([
    git(root, ['status', '--porcelain', '--untracked-files=normal', '--', '.', ...except(root, outDir)], env),
    git(root, ['rev-list', '--max-count=1', '--format=%ct', 'HEAD'], env),
  ])
  const seconds = commit?.match(/^commit [0-9a-f]+\n(\d{1,12})\n$/)?.[1]
  if (changes !== '' || seconds === undefined || BigInt(seconds) > LAST_SECOND) return undefined
  return BigInt(seconds) * 1_000_000n
}

/** The output folder as a pathspec to leave out, where it lies in the project. */
function except(root: string, outDir: string): string[] {
  const path = relative(root, outDir)
  const inside = path !== '' && !isAbsolute(path) && path.split(sep)[0] !== '..'
  return inside ? [`:(exclude,literal)${path.split(sep).join('/')}`] : []
}

/** Output of a git command that runs no hook and takes no lock; undefined when it fails for whatever reason. */
function git(root: string, args: string[], env: NodeJS.ProcessEnv): Promise<string | undefined> {
  // A build started by a git hook inherits the hook's repository, which need not be the project's.
  const { GIT_DIR, GIT_WORK_TREE, GIT_INDEX_FILE, GIT_PREFIX, ...rest } = env
  const fixed = ['-C', root, '-c', 'core.fsmonitor=false', '-c', 'core.hooksPath=/dev/null']
  return new Promise(done => {
    execFile(
      'git',
      [...fixed, ...args],
      { env: { ...rest, GIT_OPTIONAL_LOCKS: '0', LC_ALL: 'C' }, timeout: GIT_PATIENCE_MS, windowsHide: true },
      (error, stdout) => done(error === null ? stdout : undefined),
    )
  })
}
