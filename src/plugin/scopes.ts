import { childrenOf, hasType, isFunction, isNode, isType, type Node } from './syntax.js'

/**
 * What is declared in one scope, of the names that are looked for.
 * The value is the declaring node: a declarator, a function, an import specifier, a parameter.
 */
export type Scope = Map<string, Node>

/** Where an identifier is used as a value. */
export interface Use {
  node: Node
  name: string
  /** What holds the identifier. */
  parent: Node
  /** What declares it; undefined for a free one. */
  declaration: Node | undefined
}

/**
 * Walks a syntax tree and tells of every use of some names, with what each refers to.
 *
 * @param names only these are followed, which keeps the walk fast
 * @param onNode called for every node, parents first; `inTry` within the block of a `try`
 */
export function walkUses(
  root: Node,
  names: ReadonlySet<string>,
  onUse: (use: Use) => void,
  onNode: (node: Node, scopes: readonly Scope[], inTry: boolean) => void = () => {},
): void {
  const scopes: Scope[] = []
  const visit = (node: Node, parent: Node, inTry: boolean): void => {
    if (isType(node)) return
    const scope = opensScope(node, parent) ? declarationsOf(node, names) : undefined
    if (scope !== undefined) scopes.push(scope)
    onNode(node, scopes, inTry)
    if (node.type === 'Identifier' && names.has(String(node.name)) && isValue(node, parent)) {
      const name = String(node.name)
      onUse({ node, name, parent, declaration: lookUp(name, scopes) })
    }
    for (const child of childrenOf(node))
      visit(child, node, inTry || (node.type === 'TryStatement' && child === node.block))
    if (scope !== undefined) scopes.pop()
  }
  visit(root, root, false)
}

/** The innermost declaration of a name; undefined where it is free. */
export function lookUp(name: string, scopes: readonly Scope[]): Node | undefined {
  for (let index = scopes.length - 1; index >= 0; index--) {
    const found = scopes[index]?.get(name)
    if (found !== undefined) return found
  }
  return undefined
}

function opensScope(node: Node, parent: Node): boolean {
  if (isFunction(node)) return true
  // A function's body shares the scope of its parameters here: a difference that no name looked for depends on.
  if (node.type === 'BlockStatement') return !isFunction(parent)
  return hasType(
    node,
    'Program',
    'ForStatement',
    'ForInStatement',
    'ForOfStatement',
    'SwitchStatement',
    'CatchClause',
    'ClassExpression',
    'StaticBlock',
  )
}

function declarationsOf(node: Node, names: ReadonlySet<string>): Scope {
  const scope: Scope = new Map()
  const declare = (pattern: unknown, declaration: Node): void => {
    for (const name of namesIn(pattern)) if (names.has(name)) scope.set(name, declaration)
  }
  if (isFunction(node)) {
    for (const parameter of node.params as unknown[]) declare(parameter, node)
    if (node.type === 'FunctionExpression') declare(node.id, node)
    hoisted(node.body, declare)
    lexical(node.body, declare)
  } else if (node.type === 'CatchClause') {
    declare(node.param, node)
  } else if (node.type === 'ClassExpression') {
    declare(node.id, node)
  } else if (node.type === 'SwitchStatement') {
    for (const branch of node.cases as Node[]) lexicalIn(branch.consequent, declare)
  } else if (hasType(node, 'ForStatement', 'ForInStatement', 'ForOfStatement')) {
    lexicalIn([node.init ?? node.left], declare)
  } else {
    if (node.type === 'Program' || node.type === 'StaticBlock') hoisted(node, declare)
    lexical(node, declare)
  }
  return scope
}

type Declare = (pattern: unknown, declaration: Node) => void

/** `var` anywhere below, but not in functions within. */
function hoisted(value: unknown, declare: Declare): void {
  if (!isNode(value) || isType(value)) return
  if (value.type === 'VariableDeclaration' && value.kind === 'var') {
    for (const declarator of value.declarations as Node[]) declare(declarator.id, declarator)
  }
  for (const child of childrenOf(value)) if (!isFunction(child)) hoisted(child, declare)
}

/** What the statements of a block declare for the block. */
function lexical(block: unknown, declare: Declare): void {
  if (isNode(block)) lexicalIn(block.body, declare)
}

function lexicalIn(statements: unknown, declare: Declare): void {
  if (!Array.isArray(statements)) return
  for (const statement of statements) {
    const node: unknown = isNode(statement, 'ExportNamedDeclaration', 'ExportDefaultDeclaration')
      ? statement.declaration
      : statement
    if (isNode(node, 'VariableDeclaration')) {
      for (const declarator of node.declarations as Node[]) declare(declarator.id, declarator)
    } else if (isNode(node, 'FunctionDeclaration', 'ClassDeclaration')) {
      declare(node.id, node)
    } else if (isNode(node, 'ImportDeclaration')) {
      for (const specifier of node.specifiers as Node[]) declare(specifier.local, specifier)
    }
  }
}

/** The names that a pattern binds. */
function* namesIn(pattern: unknown): Generator<string> {
  if (!isNode(pattern)) return
  if (pattern.type === 'Identifier') yield String(pattern.name)
  else if (pattern.type === 'AssignmentPattern') yield* namesIn(pattern.left)
  else if (pattern.type === 'RestElement') yield* namesIn(pattern.argument)
  else if (pattern.type === 'Property') yield* namesIn(pattern.value)
  else if (pattern.type === 'TSParameterProperty') yield* namesIn(pattern.parameter)
  else if (pattern.type === 'ArrayPattern') for (const item of pattern.elements as unknown[]) yield* namesIn(item)
  else if (pattern.type === 'ObjectPattern') for (const item of pattern.properties as unknown[]) yield* namesIn(item)
}

/** Whether an identifier stands for a value, rather than naming a property, a label or an export. */
function isValue(node: Node, parent: Node): boolean {
  switch (parent.type) {
    case 'MemberExpression':
      return parent.object === node || parent.computed === true
    case 'Property':
      return parent.value === node || parent.computed === true
    case 'MethodDefinition':
    case 'PropertyDefinition':
    case 'AccessorProperty':
      return parent.value === node || parent.computed === true
    case 'ExportSpecifier':
      return parent.local === node
    case 'ImportSpecifier':
    case 'ImportDefaultSpecifier':
    case 'ImportNamespaceSpecifier':
    case 'ExportAllDeclaration':
    case 'LabeledStatement':
    case 'BreakStatement':
    case 'ContinueStatement':
    case 'MetaProperty':
    case 'ImportAttribute':
      return false
    default:
      return true
  }
}
