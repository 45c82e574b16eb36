import { homedir } from 'node:os'
import { join } from 'node:path'
import { readIfThere } from './find-lock.js'

/** Options of npm that change what a lock means. */
export interface NpmOptions {
  legacyPeerDeps: boolean
  installLinks: boolean
}

/**
 * Reads them where npm does: the environment, the project's .npmrc, the user's. Only these keys are looked at; the rest
 * of such a file (tokens, `git=./evil.sh`) is never used.
 */
export async function npmOptions(lockRoot: string, env: NodeJS.ProcessEnv): Promise<NpmOptions> {
  const userConfig = env.npm_config_userconfig ?? join(homedir(), '.npmrc')
  const files = await Promise.all([join(lockRoot, '.npmrc'), userConfig].map(readIfThere))
  const flag = (name: string): boolean => {
    const fromEnv = env[`npm_config_${name.replaceAll('-', '_')}`]
    if (fromEnv !== undefined && fromEnv !== '') return fromEnv === 'true'
    for (const text of files) {
      const value = text === undefined ? undefined : lastValue(text, name)
      if (value !== undefined) return value
    }
    return false
  }
  return { legacyPeerDeps: flag('legacy-peer-deps'), installLinks: flag('install-links') }
}

function lastValue(text: string, name: string): boolean | undefined {
  const found = [...text.matchAll(new RegExp(`^[ \\t]*${name}[ \\t]*(?:=[ \\t]*"?(\\w*)"?[ \\t]*)?$`, 'gm'))].at(-1)
  return found === undefined ? undefined : (found[1] ?? 'true') === 'true'
}
