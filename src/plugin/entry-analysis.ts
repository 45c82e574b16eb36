import type { ServiceMode } from '../bento/types.js'
import { lookUp, walkUses } from './scopes.js'
import { bare, hasType, isMember, isNode, type Node, nameOf } from './syntax.js'

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
  for (const statement of program.body as Node[]) if (exportsDefault(statement)) analysis.exports = true
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
      if (isProcessArgument(node)) analysis.guarded = true
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

/** `process.argv[1]`: comparing it with the module's own file asks for the main module. */
function isProcessArgument(node: Node): boolean {
  if (node.type !== 'MemberExpression' || node.computed !== true) return false
  return isMember(node.object, 'process', 'argv') && isNode(node.property, 'Literal') && node.property.value === 1
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
