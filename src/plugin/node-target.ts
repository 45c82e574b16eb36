/** The oldest Node that runs a bento: what this package itself asks for. */
const OLDEST = { major: 20, minor: 19 }

/**
 * What to compile for: the oldest Node that the project's `engines.node` allows, but none older than a bento runs on.
 * Reads the plain forms of a range; a target too old only costs a few bytes.
 *
 * @example
 * ```ts
 * nodeTarget('>=22.12') // 'node22.12'
 * nodeTarget('^20.19.0 || >=22.12.0') // 'node20.19'
 * nodeTarget(undefined) // 'node20'
 * ```
 */
export function nodeTarget(engines: unknown): string {
  const lowest = typeof engines === 'string' ? lowestOf(engines) : undefined
  if (lowest === undefined) return `node${OLDEST.major}`
  const { major, minor } = compare(lowest, OLDEST) < 0 ? OLDEST : lowest
  return minor === 0 ? `node${major}` : `node${major}.${minor}`
}

type Version = typeof OLDEST

function lowestOf(range: string): Version | undefined {
  const versions = range.split('||').map(alternative => {
    const match = /^(?:>=|[\^~=v\s])*(\d+)(?:\.(\d+))?/.exec(alternative)
    return match === null ? undefined : { major: Number(match[1]), minor: Number(match[2] ?? 0) }
  })
  if (versions.some(version => version === undefined)) return undefined
  return (versions as Version[]).sort(compare)[0]
}

function compare(a: Version, b: Version): number {
  return a.major - b.major || a.minor - b.minor
}
