import { walkUses } from './scopes.js'
import { bare, hasType, isFunction, isMember, isNode, type Node, nameOf, textOf } from './syntax.js'

/**
 * Reads what a chunk exports under a name, where that is written out: an object of literals, of other constants that are,
 * and of `JSON.parse('…')`, which bundlers make of JSON files. Nothing is run.
 *
 * @returns the value; undefined where only running the code tells it
 */
export function exportedLiteral(program: Node, name: string): { value: unknown } | undefined {
  const constants = new Map((program.body as Node[]).flatMap(declarators))
  const exported = exportedNode(program, name)
  if (exported === undefined) return undefined
  const reader = new LiteralReader(constants)
  try {
    const value = reader.read(exported)
    return mayChange(program, constants, reader) ? undefined : { value }
  } catch (error) {
    if (error instanceof NotLiteral) return undefined
    throw error
  }
}

class NotLiteral extends Error {}

/** Variables that statements of a module declare with a value, by name. */
function declarators(statement: Node): [string, Node][] {
  const declaration = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement
  if (!isNode(declaration, 'VariableDeclaration')) return []
  return (declaration.declarations as Node[]).flatMap(declarator =>
    isNode(declarator.id, 'Identifier') && isNode(declarator.init) ? [[String(declarator.id.name), declarator]] : [],
  )
}

/** What stands behind an export: the declarator's value, or the identifier that is exported under the name. */
function exportedNode(program: Node, name: string): Node | undefined {
  for (const statement of program.body as Node[]) {
    if (statement.type !== 'ExportNamedDeclaration' || isNode(statement.source)) continue
    const own = declarators(statement).find(([declared]) => declared === name)
    if (own !== undefined) return own[1].id as Node
    const specifier = (statement.specifiers as Node[]).find(({ exported }) => nameOf(exported) === name)
    if (specifier !== undefined) return specifier.local as Node
  }
  return undefined
}

/** Evaluates literals. */
class LiteralReader {
  /** Identifiers that were read as the constants they name. */
  readonly identifiers = new Set<Node>()
  /** Names of those constants. */
  readonly names = new Set<string>()
  readonly #constants: ReadonlyMap<string, Node>
  readonly #open = new Set<string>()

  constructor(constants: ReadonlyMap<string, Node>) {
    this.#constants = constants
  }

  /** @throws NotLiteral */
  read(value: unknown): unknown {
    const node = bare(value)
    const text = textOf(node)
    if (text !== undefined) return text
    if (isNode(node, 'Literal') && node.regex === undefined && node.bigint === undefined) return node.value
    if (isNode(node, 'Identifier')) return this.#constant(node)
    if (isNode(node, 'ArrayExpression')) return (node.elements as unknown[]).flatMap(item => this.#items(item))
    if (isNode(node, 'ObjectExpression')) {
      return Object.fromEntries((node.properties as Node[]).flatMap(property => this.#entries(property)))
    }
    if (isNode(node, 'UnaryExpression')) return this.#unary(node)
    if (isNode(node, 'CallExpression') && isMember(node.callee, 'JSON', 'parse')) {
      const [json] = node.arguments as unknown[]
      const source = textOf(json)
      if (source !== undefined) return JSON.parse(source)
    }
    throw new NotLiteral()
  }

  #constant(node: Node): unknown {
    const name = String(node.name)
    const declarator = this.#constants.get(name)
    if (declarator === undefined) {
      if (name === 'undefined') return undefined
      throw new NotLiteral()
    }
    if (this.#open.has(name)) throw new NotLiteral()
    this.identifiers.add(node)
    this.names.add(name)
    this.#open.add(name)
    const value = this.read(declarator.init)
    this.#open.delete(name)
    return value
  }

  #items(item: unknown): unknown[] {
    if (!isNode(item, 'SpreadElement')) return [this.read(item)]
    const spread = this.read(item.argument)
    if (!Array.isArray(spread)) throw new NotLiteral()
    return spread
  }

  #entries(property: Node): [string, unknown][] {
    if (property.type === 'SpreadElement') return Object.entries(this.read(property.argument) ?? {})
    const { kind, method, computed, key, value } = property
    if (kind !== 'init' || method === true) throw new NotLiteral()
    const name = computed === true ? this.read(key) : isNode(key, 'Literal') ? key.value : nameOf(key)
    // `__proto__: x` sets the prototype.
    if ((typeof name !== 'string' && typeof name !== 'number') || name === '__proto__') throw new NotLiteral()
    return [[String(name), this.read(value)]]
  }

  #unary({ operator, argument }: Node): unknown {
    const value = this.read(argument)
    if (operator === '!') return !value
    if (operator === '-' && typeof value === 'number') return -value
    if (operator === 'void') return undefined
    throw new NotLiteral()
  }
}

/**
 * Whether the module may change one of the constants while it is loaded. Within functions, which answer requests later,
 * they may be passed on; there only what writes into them counts.
 */
function mayChange(
  program: Node,
  constants: ReadonlyMap<string, Node>,
  { names, identifiers }: LiteralReader,
): boolean {
  const functions: Node[] = []
  let changes = false
  walkUses(
    program,
    names,
    ({ node, name, parent, declaration }) => {
      const isOwn = declaration === constants.get(name) && parent.id !== node
      if (!isOwn || identifiers.has(node) || parent.type === 'ExportSpecifier') return
      const isLater = functions.some(({ start, end }) => start <= node.start && node.end <= end)
      const isWritten = hasType(parent, 'MemberExpression', 'AssignmentExpression', 'UpdateExpression')
      if (!isLater || isWritten) changes = true
    },
    node => {
      if (isFunction(node)) functions.push(node)
    },
  )
  return changes
}
