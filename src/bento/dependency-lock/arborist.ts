/**
 * The narrow part of `@npmcli/arborist` 9 used here; it ships no types of its own, and those of DefinitelyTyped are
 * for version 6.
 */
export interface ArboristNode {
  name: string
  version: string
  /** POSIX, relative to the root: the key in the lock. */
  location: string
  /** Only optional peers lead here, or nothing does. */
  extraneous: boolean
  dev: boolean
  optional: boolean
  devOptional: boolean
  peer: boolean
  isLink: boolean
  resolved: string | null
  edgesOut: Map<string, ArboristEdge>
  /** Every node of the tree, by path. On the root only. */
  inventory: Map<string, ArboristNode>
}

export interface ArboristEdge {
  name: string
  type: 'prod' | 'dev' | 'optional' | 'peer' | 'peerOptional' | 'workspace'
  /** With overrides applied. An absolute `file:` URL in workspaces, so never to be written. */
  spec: string
  rawSpec: string
  to: ArboristNode | null
  error: 'MISSING' | 'INVALID' | 'PEER LOCAL' | 'DETACHED' | null
}

export interface ArboristOptions {
  path: string
  cache: string
  offline: boolean
  legacyPeerDeps: boolean
  installLinks: boolean
  audit: false
  save: false
  ignoreScripts: true
  /** So that a package for another platform than the builder's is no error: a bento is installed elsewhere. */
  force: true
}

export interface Arborist {
  /** The tree as package.json and the lock describe it; never uses the network. */
  loadVirtual(): Promise<ArboristNode>
  /** The tree as `npm ci` would install it. */
  buildIdealTree(): Promise<ArboristNode>
}

/** Makes an Arborist. Loading it takes 0.4 s, hence not before it is needed. */
export async function newArborist(
  options: Pick<ArboristOptions, 'path' | 'cache' | 'legacyPeerDeps' | 'installLinks'>,
): Promise<Arborist> {
  // @ts-expect-error: the package has no types
  const loaded = (await import('@npmcli/arborist')) as {
    default: { Arborist: new (options: ArboristOptions) => Arborist }
  }
  return new loaded.default.Arborist({
    ...options,
    offline: true,
    audit: false,
    save: false,
    ignoreScripts: true,
    force: true,
  })
}
