import { BentoError, isBentoError } from '../core/errors.js'
import { visible } from '../core/text.js'
import { dockerValue } from './docker-value.js'
import type { BentoEnv } from './types.js'

/**
 * Checks that every environment variable can stand in a manifest, a Dockerfile and a process.
 *
 * @throws `OPTION_INVALID` listing every bad one.
 */
export function checkEnvs(envs: readonly BentoEnv[]): void {
  const seen = new Set<string>()
  const problems = envs.flatMap(env => {
    const again = seen.has(env.name)
    seen.add(env.name)
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(env.name)) return [`"${visible(env.name)}" is no name of a variable`]
    return again ? [`${env.name} is given twice`] : valueProblem(env)
  })
  if (problems.length > 0) {
    throw new BentoError('OPTION_INVALID', `The option "envs" has wrong entries: ${problems.join('; ')}.`, {
      hint: 'Names match [A-Za-z_][A-Za-z0-9_]*, values are one line of plain text.',
      details: { problems },
    })
  }
}

function valueProblem(env: BentoEnv): string[] {
  try {
    dockerValue(env.value, env.name)
    return []
  } catch (error) {
    if (isBentoError(error)) return [error.reason.replace(/\.$/, '')]
    throw error
  }
}
