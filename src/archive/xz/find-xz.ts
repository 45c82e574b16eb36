import { execFile } from 'node:child_process'
import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { delimiter, isAbsolute, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** By PATH, as a program may change it. */
const found = new Map<string, Promise<string | undefined>>()

/** What XZ Utils 5 and later say when asked `xz --robot --version`: 5.4.1 is `50040012`. Others, such as BusyBox, refuse. */
const VERSION = /^XZ_VERSION=[5-9]\d{7}$/m

/** Environment of `xz`: English messages, and none of the options that `XZ_DEFAULTS` and `XZ_OPT` may hold. */
export function xzEnvironment(): NodeJS.ProcessEnv {
  const { SystemRoot } = process.env
  return { LC_ALL: 'C', ...(SystemRoot === undefined ? {} : { SystemRoot }) }
}

/** Absolute path of the command `xz` of XZ Utils on the PATH; undefined where there is none. Looked for once. */
export function findXz(): Promise<string | undefined> {
  const { PATH = '' } = process.env
  const known = found.get(PATH) ?? search(PATH)
  found.set(PATH, known)
  return known
}

/** Relative entries of the PATH don't count: the working folder may be anybody's. */
async function search(path: string): Promise<string | undefined> {
  const file = process.platform === 'win32' ? 'xz.exe' : 'xz'
  for (const folder of path.split(delimiter).filter(isAbsolute)) {
    const command = join(folder, file)
    try {
      await access(command, constants.X_OK)
      const { stdout } = await run(command, ['--robot', '--version'], { env: xzEnvironment(), timeout: 10_000 })
      if (VERSION.test(stdout)) return command
    } catch {
      // Not there, or not of XZ Utils: the next folder may have it.
    }
  }
  return undefined
}
