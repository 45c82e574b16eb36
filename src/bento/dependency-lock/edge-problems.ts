import type { ArboristEdge, ArboristNode } from './arborist.js'

/** An edge of the tree that the lock does not satisfy. */
export interface EdgeProblem {
  kind: 'missing' | 'invalid'
  /** A peer: npm leaves some of these broken on purpose. */
  peer: boolean
  /** `app wants zod@^4.0.0 (dev), the lock has 3.25.76`. */
  text: string
}

/**
 * The unsatisfied edges that leave some nodes.
 *
 * @param names what to call a node; by default its name
 */
export function edgeProblems(nodes: Iterable<ArboristNode>, rootName: string): EdgeProblem[] {
  const problems: EdgeProblem[] = []
  for (const node of nodes) {
    if (node.isLink) continue
    for (const edge of node.edgesOut.values()) {
      const kind = problemOf(edge)
      if (kind === undefined) continue
      const who = node.location === '' ? rootName : node.name
      const has = edge.to === null ? 'the lock has none' : `the lock has ${edge.to.version}`
      const group = edge.type === 'prod' ? '' : ` (${edge.type})`
      problems.push({
        kind,
        peer: edge.type === 'peer' || edge.type === 'peerOptional',
        text: `${who} wants ${edge.name}@${visibleSpec(edge)}${group}, ${has}`,
      })
    }
  }
  return problems
}

function problemOf(edge: ArboristEdge): 'missing' | 'invalid' | undefined {
  if (edge.error === 'MISSING') return 'missing'
  if (edge.error !== 'INVALID') return undefined
  // npm checks a tag by "resolved", which omit-lockfile-registry-resolved leaves out.
  return isTag(edge.spec) && edge.to !== null && edge.to.resolved === null ? undefined : 'invalid'
}

function isTag(spec: string): boolean {
  return /^(?:npm:(?:@[^/@]+\/)?[^@]+@)?[a-z][\w.-]*$/i.test(spec) && !/^(?:x|v?\d.*)$/i.test(spec)
}

/** A spec for a message: URLs may carry credentials, workspace specs carry absolute paths. */
function visibleSpec(edge: ArboristEdge): string {
  const spec = edge.spec
  if (edge.type === 'workspace' || /^file:\//.test(spec)) return 'the workspace'
  return /:\/\//.test(spec) ? 'a URL' : spec
}

/**
 * Optional dependencies that the lock has no entry for, as sentences: mostly binaries of platforms, which some
 * registries lack and old versions of npm forgot.
 */
export function optionalGaps(nodes: Iterable<ArboristNode>): string[] {
  return [...nodes].flatMap(node => {
    const names = [...node.edgesOut.values()].filter(edge => edge.type === 'optional' && edge.to === null)
    if (names.length === 0) return []
    const list = names.map(({ name }) => name).join(', ')
    return [
      `The lock has no entry for ${list}, optional for ${node.name}: missing on its platform, and where the registry has it npm ci may ask for "npm install" first.`,
    ]
  })
}
