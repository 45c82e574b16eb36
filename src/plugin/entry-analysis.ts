import type { ServiceMode } from '../bento/types.js'
import { lookUp, walkUses } from './scopes.js'
import { bare, hasType, isMember, isNode, type Node, nameOf, textOf } from './syntax.js'

/** What the service entry's own source says about how it wants to be started. */
export interface EntryAnalysis {
  /** It has something to serve: a default export, or `module.exports =`. */
  exports: boolean
  /** It asks whether it was run directly. */
  guarded: boolean
  /** Comparisons that hold when it was, and whether they are negated; to be replaced by their value. */
  guards: { start: number; end: number; holds: boolean }[]
}

const EQUAL = ['===', '==']
const UNEQUAL = ['!==', '!=']

/** Reads the syntax tree of a service entry, an ES module or CommonJS, before or after TypeScript's types are gone. */
export function analyseEntry(program: Node): EntryAnalysis {
  const analysis: EntryAnalysis = { exports: false, guarded: false, guards: [] }
  const argvNames = new Set<string>()
  for (const statement of program.body as Node[]) {
    if (exportsDefault(statement)) analysis.exports = true
    for (const name of namesOfArgv(statement)) argvNames.add(name)
  }
  walkUses(
    program,
    new Set(['module', 'exports', 'require']),
    ({ name, parent, declaration }) => {
      if (declaration !== undefined) return
      if (name === 'module' && isMember(parent, 'module', 'parent')) analysis.guarded = true
      if (name === 'require' && isMember(parent, 'require', 'main')) analysis.guarded = true
    },
    (node, scopes) => {
      const isFree = lookUp('module', scopes) === undefined && lookUp('exports', scopes) === undefined
      if (node.type === 'AssignmentExpression' && isFree && assignsExports(node)) analysis.exports = true
      if (node.type === 'MemberExpression' && isMember(node as unknown, 'import.meta', 'main')) {
        analysis.guarded = true
        analysis.guards.push({ start: node.start, end: node.end, holds: true })
      }
      if (readsScriptPath(node, argvNames)) analysis.guarded = true
      const holds = comparesMain(node)
      if (holds !== undefined) analysis.guards.push({ start: node.start, end: node.end, holds })
    },
  )
  return analysis
}

/** How the bento starts: what the option says, else what the entry's source shows. */
export function modeOf(option: 'auto' | ServiceMode, analysis: EntryAnalysis): ServiceMode {
  if (option !== 'auto') return option
  return analysis.exports && !analysis.guarded ? 'handler' : 'program'
}

function exportsDefault(statement: Node): boolean {
  if (hasType(statement, 'ExportDefaultDeclaration', 'TSExportAssignment')) return true
  if (statement.type === 'ExportAllDeclaration') return nameOf(statement.exported) === 'default'
  if (statement.type !== 'ExportNamedDeclaration') return false
  const isTypeOnly = statement.exportKind === 'type'
  return !isTypeOnly && (statement.specifiers as Node[]).some(specifier => nameOf(specifier.exported) === 'default')
}

/** `module.exports = …`, `exports.default = …`, `module.exports.default = …`. */
function assignsExports(node: Node): boolean {
  const target = bare(node.left)
  if (isMember(target, 'module', 'exports') || isMember(target, 'exports', 'default')) return true
  return (
    isNode(target, 'MemberExpression') &&
    isMember(target.object, 'module', 'exports') &&
    nameOf(target.property) === 'default'
  )
}

/** Names of `process.argv` in a module: `import { argv } from 'node:process'`, `const { argv } = process`. */
function namesOfArgv(statement: Node): string[] {
  if (statement.type === 'ImportDeclaration') {
    if (!/^(?:node:)?process$/.test(textOf(statement.source) ?? '')) return []
    return (statement.specifiers as Node[]).flatMap(({ imported, local }) =>
      nameOf(imported) === 'argv' ? (nameOf(local) ?? []) : [],
    )
  }
  if (statement.type !== 'VariableDeclaration') return []
  return (statement.declarations as Node[]).flatMap(({ id, init }) => {
    if (isMember(init, 'process', 'argv')) return nameOf(id) ?? []
    if (!isNode(id, 'ObjectPattern') || nameOf(init) !== 'process') return []
    return (id.properties as Node[]).flatMap(({ key, value }) => (nameOf(key) === 'argv' ? (nameOf(value) ?? []) : []))
  })
}

/**
 * `process.argv[1]`, `process.argv.at(1)`, `const [, script] = process.argv`: comparing it with the module's own file
 * asks for the main module. `[node, script, port]` is how others reach their arguments.
 */
function readsScriptPath(node: Node, argvNames: ReadonlySet<string>): boolean {
  const isArgv = (value: unknown) => isMember(value, 'process', 'argv') || argvNames.has(nameOf(bare(value)) ?? '')
  if (node.type === 'MemberExpression') return node.computed === true && isOne(node.property) && isArgv(node.object)
  if (node.type === 'CallExpression') {
    const callee = bare(node.callee)
    const isAt = isNode(callee, 'MemberExpression') && nameOf(callee.property) === 'at' && isArgv(callee.object)
    return isAt && isOne((node.arguments as unknown[])[0])
  }
  if (node.type !== 'VariableDeclarator' || !isNode(node.id, 'ArrayPattern') || !isArgv(node.init)) return false
  const [program, script] = node.id.elements as unknown[]
  return program === null && isNode(script)
}

function isOne(value: unknown): boolean {
  return isNode(value, 'Literal') && value.value === 1
}

/** Whether `require.main === module` or its like holds in the main module; undefined for any other node. */
function comparesMain(node: Node): boolean | undefined {
  if (node.type !== 'BinaryExpression') return undefined
  const sides = [bare(node.left), bare(node.right)]
  const hasMain = sides.some(side => isMember(side, 'require', 'main'))
  const hasModule = sides.some(side => isNode(side, 'Identifier') && side.name === 'module')
  if (!hasMain || !hasModule) return undefined
  if (EQUAL.includes(String(node.operator))) return true
  return UNEQUAL.includes(String(node.operator)) ? false : undefined
}
