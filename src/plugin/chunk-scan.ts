import { lookUp, type Scope, walkUses } from './scopes.js'
import { bare, childrenOf, hasType, isFunction, isMember, isNode, type Node, nameOf, textOf } from './syntax.js'

/** A module that emitted code loads by a name written out. */
export interface CodeImport {
  specifier: string
  kind: 'static' | 'dynamic' | 'require'
  /** Whether it is tried: within `try { }`. */
  inTry: boolean
}

/** Names that exist in CommonJS modules only. */
export const COMMONJS_NAMES = ['require', 'module', 'exports', '__dirname', '__filename'] as const
export type CommonJsName = (typeof COMMONJS_NAMES)[number]

/** Tells in one look whether {@link scanChunk} could find anything of CommonJS in the code. */
export const MAY_BE_COMMONJS = /\b(?:require|module|exports|__dirname|__filename)\b|\bimport\s*\.\s*meta\s*\.\s*main\b/

/** What a chunk loads, and what it expects to be there. */
export interface ChunkScan {
  imports: CodeImport[]
  /** Files that it finds beside itself: `new URL('./worker.js', import.meta.url)`. */
  files: string[]
  /** Free CommonJS names that are really used, not only asked for with `typeof`. */
  commonJs: Set<CommonJsName>
  /** Names that occur as `typeof name`: code that tells CommonJS from other surroundings, and can do without. */
  asked: Set<CommonJsName>
  /** Where `import.meta.main` stands. */
  metaMain: { start: number; end: number }[]
}

/** Rolldown's own name for what `createRequire` returned. */
const REQUIRE_HELPER = /^__require(?:\$\d+)?$/

/**
 * Looks through emitted code for the names it loads: imports, `import()`, `require()`, `createRequire(…)()`,
 * `require.resolve()`, `import.meta.resolve()`. No bundler's graph shows what `banner`, `renderChunk` or
 * `createRequire` bring in.
 */
export function scanChunk(program: Node): ChunkScan {
  const scan: ChunkScan = { imports: [], files: [], commonJs: new Set(), asked: new Set(), metaMain: [] }
  const requires = new RequireFinder(program)
  const add = (specifier: string | undefined, kind: CodeImport['kind'], inTry = false): void => {
    if (specifier !== undefined) scan.imports.push({ specifier, kind, inTry })
  }
  walkUses(
    program,
    requires.names,
    ({ name, parent, declaration }) => {
      if (declaration !== undefined || !isCommonJsName(name)) return
      const onlyAsked = parent.type === 'UnaryExpression' && parent.operator === 'typeof'
      ;(onlyAsked ? scan.asked : scan.commonJs).add(name)
    },
    (node, scopes, inTry) => {
      if (hasType(node, 'ImportDeclaration', 'ExportNamedDeclaration', 'ExportAllDeclaration')) {
        add(textOf(node.source), 'static')
      } else if (node.type === 'ImportExpression') {
        add(textOf(node.source), 'dynamic', inTry)
      } else if (node.type === 'CallExpression') {
        const callee = bare(node.callee)
        const [argument] = node.arguments as unknown[]
        if (isMember(callee, 'import.meta', 'resolve')) add(textOf(argument), 'dynamic', inTry)
        else if (requires.isLoader(callee, scopes)) add(textOf(argument), 'require', inTry)
      } else if (node.type === 'NewExpression') {
        const file = fileBeside(node)
        if (file !== undefined && !inTry) scan.files.push(file)
      } else if (node.type === 'MemberExpression' && isMember(node as unknown, 'import.meta', 'main')) {
        scan.metaMain.push({ start: node.start, end: node.end })
      }
    },
  )
  return scan
}

function fileBeside(node: Node): string | undefined {
  const [file, base] = node.arguments as unknown[]
  const isUrl = nameOf(node.callee) === 'URL' && isMember(base, 'import.meta', 'url')
  return isUrl ? textOf(file) : undefined
}

function isCommonJsName(name: string): name is CommonJsName {
  return (COMMONJS_NAMES as readonly string[]).includes(name)
}

/** Knows which expressions are `require` functions. */
class RequireFinder {
  /** Every name whose meaning matters: it may be declared anew in an inner scope. */
  readonly names = new Set<string>(COMMONJS_NAMES)
  /** Local names of `createRequire`. */
  readonly #makers = new Set<string>()
  /** Declarators of variables that hold what `createRequire` returned. */
  readonly #holders = new Set<Node>()

  constructor(program: Node) {
    this.#findMakers(program)
    this.#findHolders(program)
  }

  /** Whether calling `callee` loads a module: `require`, `require.resolve`, `createRequire(…)`. */
  isLoader(callee: unknown, scopes: readonly Scope[]): boolean {
    if (isNode(callee, 'MemberExpression')) {
      return (
        callee.computed !== true && nameOf(callee.property) === 'resolve' && this.isRequire(bare(callee.object), scopes)
      )
    }
    return this.isRequire(callee, scopes)
  }

  isRequire(value: unknown, scopes: readonly Scope[]): boolean {
    if (!isNode(value, 'Identifier')) return this.#makesRequire(value)
    const name = String(value.name)
    if (REQUIRE_HELPER.test(name)) return true
    if (!this.names.has(name)) return false
    const declaration = lookUp(name, scopes)
    return declaration === undefined ? name === 'require' : this.#holders.has(declaration)
  }

  #findMakers(program: Node): void {
    for (const statement of program.body as Node[]) {
      if (statement.type !== 'ImportDeclaration' || !/^(?:node:)?module$/.test(textOf(statement.source) ?? '')) continue
      for (const specifier of statement.specifiers as Node[]) {
        const isMaker = specifier.type === 'ImportSpecifier' && nameOf(specifier.imported) === 'createRequire'
        if (isMaker) this.#makers.add(String(nameOf(specifier.local)))
      }
    }
    this.#makers.add('createRequire')
  }

  #findHolders(node: Node): void {
    if (node.type === 'VariableDeclarator' && isNode(node.id, 'Identifier') && this.#makesRequire(node.init)) {
      this.#holders.add(node)
      this.names.add(String(node.id.name))
    }
    for (const child of childrenOf(node)) this.#findHolders(child)
  }

  /** Whether an expression is `createRequire(…)`, also wrapped: Rolldown emits `(() => createRequire(…))()`. */
  #makesRequire(value: unknown): boolean {
    const node = bare(value)
    if (!isNode(node, 'CallExpression')) return false
    const callee = bare(node.callee)
    if (isNode(callee, 'Identifier')) return this.#makers.has(String(callee.name))
    if (isNode(callee, 'MemberExpression'))
      return callee.computed !== true && nameOf(callee.property) === 'createRequire'
    if (!isFunction(callee)) return false
    if (!isNode(callee.body, 'BlockStatement')) return this.#makesRequire(callee.body)
    return (callee.body.body as Node[]).some(
      statement => statement.type === 'ReturnStatement' && this.#makesRequire(statement.argument),
    )
  }
}
