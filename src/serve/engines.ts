import satisfies from 'semver/functions/satisfies.js'
import validRange from 'semver/ranges/valid.js'
import { BentoError } from '../core/errors.js'

/**
 * Checks that this Node is one that the bento's package.json asks for (`engines.node`). A range that is none asks for
 * nothing, as npm has it.
 *
 * @param bento names the bento in the message
 * @throws `ENGINE_MISMATCH`
 */
export function checkEngines(
  packageJson: Record<string, unknown>,
  bento: string,
  version = process.versions.node,
): void {
  const { engines } = packageJson
  const range = typeof engines === 'object' && engines !== null && 'node' in engines ? engines.node : undefined
  if (typeof range !== 'string' || validRange(range) === null) return
  if (satisfies(version, range, { includePrerelease: true })) return
  throw new BentoError('ENGINE_MISMATCH', `${bento} needs Node ${range}, and this is Node ${version}.`, {
    hint: 'Run it with a Node of that range.',
    details: { range, version },
  })
}
