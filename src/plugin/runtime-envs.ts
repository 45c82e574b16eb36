import type { BentoEnv } from '../bento/types.js'

/** Sets the bento's variables of run time for a service that runs in this process; the caller's own win, as they do in `bento serve`. */
export function setRuntimeEnvs(envs: readonly BentoEnv[]): void {
  for (const { name, value, stage } of envs) {
    if (stage !== 'build') process.env[name] ??= value
  }
}
