import type { BentoEnv } from '../bento/types.js'

/** Environment variables, as Node has them. */
export type Environment = NodeJS.ProcessEnv

/** When a process runs that gets a bento's variables. */
export type EnvStage = 'install' | 'run'

/**
 * The bento's variables that a process of `stage` gets: `build` and `all` reach the install, `runtime` and `all` the run.
 * A variable without a value only says that one is needed, and is left out. What the caller has set wins.
 */
export function bentoVariables(envs: readonly BentoEnv[], stage: EnvStage, caller: Environment): Environment {
  const other = stage === 'install' ? 'runtime' : 'build'
  const chosen: Environment = {}
  for (const { name, value, stage: of } of envs) {
    if (of === other || value === '' || findName(caller, name) !== undefined) continue
    chosen[name] = value
  }
  return chosen
}

/** The effective values of the variables that the bento declares for `stage`, the caller's included; sorted by name. */
export function effectiveVariables(
  envs: readonly BentoEnv[],
  stage: EnvStage,
  caller: Environment,
): [string, string][] {
  const own = bentoVariables(envs, stage, caller)
  const other = stage === 'install' ? 'runtime' : 'build'
  const names = new Set(envs.filter(env => env.stage !== other).map(env => env.name))
  return [...names]
    .sort()
    .map((name): [string, string] => [name, own[name] ?? caller[findName(caller, name) ?? name] ?? ''])
    .filter(([, value]) => value !== '')
}

/** Sets variables over those of `base`; on Windows a name in another case is the same variable. */
export function withVariables(base: Environment, set: Environment): Environment {
  const result = { ...base }
  for (const [name, value] of Object.entries(set)) {
    const existing = findName(result, name)
    if (existing !== undefined) delete result[existing]
    result[name] = value
  }
  return result
}

/** The name under which `env` holds a variable; undefined where it does not. */
export function findName(env: Environment, name: string): string | undefined {
  if (env[name] !== undefined) return name
  if (process.platform !== 'win32') return undefined
  const upper = name.toUpperCase()
  return Object.keys(env).find(key => key.toUpperCase() === upper)
}
