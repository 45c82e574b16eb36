import { BentoError } from '../core/errors.js'
import { visible } from '../core/text.js'
import { type Environment, findName } from '../serve/environment.js'
import type { BentoEnvInfo } from '../store/bento-info.js'
import type { Builder } from './backends.js'
import type { BuilderValue } from './types.js'

/** What a builder is to do. */
export interface BuildPlan {
  dockerfile: string
  context: string
  tags: readonly string[]
  platforms: readonly string[]
  push: boolean
  /** Names of variables whose values the builder takes from its environment, as secrets of these ids. */
  secrets: readonly string[]
  options: Readonly<Record<string, BuilderValue>>
}

/** Options of every builder that are not the caller's to give: they say what is built. */
const OWN = new Map([
  ['file', 'the Dockerfile is the one of the bento: see the option image.template'],
  ['tag', 'use -t'],
  ['platform', 'use --platform'],
  ['push', 'use --push'],
])

/**
 * The words that make `builder` build, its program first. A value stands in one word with its option, so that none is
 * taken for an option itself.
 *
 * @throws `OPTION_INVALID` for an option that is none
 */
export function buildWords(builder: Builder, plan: BuildPlan): string[] {
  const further = Object.entries(plan.options).flatMap(([name, value]) => optionWords(name, value))
  return [
    builder.program,
    ...builder.build,
    `--file=${plan.dockerfile}`,
    ...plan.tags.map(tag => `--tag=${tag}`),
    ...(plan.platforms.length > 0 ? [`--platform=${plan.platforms.join(',')}`] : []),
    ...(plan.push && builder.pushesItself ? ['--push'] : []),
    ...plan.secrets.map(name => `--secret=id=${name},env=${name}`),
    ...further,
    plan.context,
  ]
}

function optionWords(name: string, value: BuilderValue): string[] {
  const own = OWN.get(name)
  if (own !== undefined || !/^[a-z][a-z0-9-]*$/.test(name)) {
    throw new BentoError('OPTION_INVALID', `${JSON.stringify(visible(name))} is no further option of a builder.`, {
      hint:
        own === undefined ? 'Give its long name without dashes: no-cache.' : `${own[0]?.toUpperCase()}${own.slice(1)}.`,
    })
  }
  if (typeof value === 'boolean') return value ? [`--${name}`] : []
  return [value].flat().map(one => `--${name}=${one}`)
}

/**
 * Variables of the bento's stage `build` that the caller's environment gives a value: handed to the build as secrets, so that the value is in no
 * layer and on no command line. The others keep the value that the bento says.
 */
export function secretVariables(envs: readonly BentoEnvInfo[], env: Environment): string[] {
  // A bento from elsewhere may call a variable anything, also what a builder would read as more of the option.
  return envs
    .filter(({ name, stage }) => stage === 'build' && /^\w+$/.test(name) && findName(env, name) !== undefined)
    .map(({ name }) => name)
}
