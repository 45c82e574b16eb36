/** A node of an ESTree syntax tree, as the parsers of Rollup and Rolldown give it. */
export interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [key: string]: unknown
}

/** Whether a value is a node, of one of `types` where some are given. */
export function isNode(value: unknown, ...types: string[]): value is Node {
  if (typeof value !== 'object' || value === null || !('type' in value)) return false
  return typeof value.type === 'string' && (types.length === 0 || types.includes(value.type))
}

/** Whether a node is of one of some types. */
export function hasType(node: Node, ...types: string[]): boolean {
  return types.includes(node.type)
}

/** The child nodes, in no particular order. */
export function* childrenOf(node: Node): Generator<Node> {
  for (const key in node) {
    const value = node[key]
    if (Array.isArray(value)) {
      for (const item of value) if (isNode(item)) yield item
    } else if (isNode(value)) yield value
  }
}

/** The name of an identifier, or the text of a string literal: keys and export names may be either. */
export function nameOf(value: unknown): string | undefined {
  if (isNode(value, 'Identifier')) return String(value.name)
  return textOf(value)
}

/** The text of a string literal, or of a template without expressions. */
export function textOf(value: unknown): string | undefined {
  if (isNode(value, 'Literal') && typeof value.value === 'string') return value.value
  if (!isNode(value, 'TemplateLiteral')) return undefined
  const { quasis, expressions } = value as unknown as {
    quasis: { value: { cooked: string | null } }[]
    expressions: unknown[]
  }
  return expressions.length === 0 ? (quasis[0]?.value.cooked ?? undefined) : undefined
}

/** Whether a node is `object.property`, written with a dot or with brackets; parentheses are looked through. */
export function isMember(value: unknown, object: string, property: string): value is Node {
  const node = bare(value)
  if (!isNode(node, 'MemberExpression')) return false
  const { property: key, computed } = node
  const owner = bare(node.object)
  const name = computed === true ? textOf(key) : isNode(key, 'Identifier') ? key.name : undefined
  if (name !== property) return false
  return object === 'import.meta' ? isNode(owner, 'MetaProperty') : isNode(owner, 'Identifier') && owner.name === object
}

/** The expression inside parentheses, optional chains and TypeScript's casts. */
export function bare(value: unknown): unknown {
  let node = value
  while (
    isNode(
      node,
      'ParenthesizedExpression',
      'ChainExpression',
      'TSAsExpression',
      'TSNonNullExpression',
      'TSSatisfiesExpression',
      'TSTypeAssertion',
    )
  ) {
    node = node.expression
  }
  return node
}

/** A function of any kind. */
export interface FunctionNode extends Node {
  readonly params: readonly unknown[]
  readonly body: unknown
}

const FUNCTIONS = ['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression']

export function isFunction(node: unknown): node is FunctionNode {
  return isNode(node, ...FUNCTIONS)
}

/** TypeScript's types, which name identifiers that are no values. Casts and the like hold values. */
export function isType(node: Node): boolean {
  return (
    node.type.startsWith('TS') &&
    !/^TS(?:As|NonNull|Satisfies|Instantiation)Expression$|^TSTypeAssertion$|^TSExportAssignment$|^TSModule|^TSEnum|^TSParameterProperty$/.test(
      node.type,
    )
  )
}
