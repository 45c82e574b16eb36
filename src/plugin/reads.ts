import { findOwnPlaces } from './own-places.js'
import { bare, childrenOf, hasType, isMember, isNode, type Node, nameOf, textOf } from './syntax.js'

/** What a module asks for at run time, as far as it is written out. */
export interface Reads {
  /** Paths from the working directory; of patterns, what stands before the first wildcard. */
  fromCwd: string[]
  /** Texts that are such paths where they name a file: nothing says that they are read. */
  maybeFiles: string[]
  /** Paths from the module's own folder that are read whole where they are folders; empty for that folder itself. */
  ownFolders: string[]
  /** Absolute paths. */
  absolute: string[]
}

/** Calls whose arguments are paths to read. */
const READS =
  /^(?:(?:read|open|stat|lstat|exists|access|readdir|opendir|realpath|readlink|watch)(?:Sync|File|FileSync|dir|Json|JSON)?|readdirSync|opendirSync|createReadStream|copyFile(?:Sync)?|cp(?:Sync)?|glob|globSync|sync|globby|globbySync|fg|fastGlob|tinyglobby|sendFile|render|static|serveStatic|fileURLToPath|readJson|readJSON|loadFile|file|fork|Worker|dlopen|config)$/

/** Calls that list what lies in a folder. */
const LISTS =
  /^(?:readdir|readdirSync|opendir|opendirSync|scandir|glob|globSync|sync|globby|globbySync|fg|fastGlob|static|serveStatic|walk)$/

/** Calls of Node that take a path and nothing else. */
const OPENS = /^(?:read|createReadStream|open|stat|lstat|exists|access|readdir)/

/** Options that name a folder. */
const FOLDER_KEYS = /(?:^root|dir|directory|folder|^cwd|templates|views|static|public)s?$/i

/** Calls that take paths from the module, or names of modules. */
const LOADS = ['require', 'URL', 'createRequire', 'import']

/**
 * Looks for what a module reads beside the files that it names by where it lies itself: relative paths given to calls that
 * read (`readFile('config/x.json')`), paths with a dot in front anywhere (`{ migrationsFolder: './drizzle' }`), folders
 * named by options (`{ root: 'public' }`), and whole folders of its own (`readdir(import.meta.dirname)`).
 *
 * @param program an ES module without types
 * @param fileName the module's own file name
 */
export function findReads(program: Node, fileName: string): Reads {
  const finder = new ReadsFinder(program)
  return { ...finder.reads(), ownFolders: ownFolders(program, fileName) }
}

class ReadsFinder {
  readonly #fromCwd = new Set<string>()
  readonly #maybeFiles = new Set<string>()
  readonly #absolute = new Set<string>()
  /** Texts that are constants of the module's top level. */
  readonly #constants = new Map<string, unknown>()

  constructor(program: Node) {
    for (const statement of program.body as Node[]) {
      if (!hasType(statement, 'VariableDeclaration')) continue
      for (const { id, init } of statement.declarations as Node[]) this.#constants.set(nameOf(id) ?? '', init)
    }
    this.#visit(program)
  }

  reads(): Omit<Reads, 'ownFolders'> {
    return { fromCwd: [...this.#fromCwd], maybeFiles: [...this.#maybeFiles], absolute: [...this.#absolute] }
  }

  #visit(node: Node): void {
    if (hasType(node, 'ImportDeclaration', 'ImportExpression', 'ExportAllDeclaration')) return
    if (hasType(node, 'ExportNamedDeclaration') && node.source) return
    if (hasType(node, 'CallExpression', 'NewExpression')) {
      const name = calleeOf(node)
      if (LOADS.includes(name) || isMember(node.callee as unknown, 'import.meta', 'resolve')) return
      const [first, second] = node.arguments as unknown[]
      // Patterns begin where the option says.
      if (READS.test(name) && !hasKey(second, 'cwd')) {
        for (const text of this.#textsOf(first)) this.#note(text, LISTS.test(name) ? 'folder' : 'path')
        if (OPENS.test(name)) for (const text of this.#textsOf(first)) this.#noteAbsolute(text)
      }
    } else if (hasType(node, 'Property') && FOLDER_KEYS.test(nameOf(node.key) ?? '')) {
      for (const text of this.#textsOf(node.value)) this.#note(text, 'folder')
    }
    const text = textOf(node)
    if (text !== undefined) this.#note(text, 'text')
    for (const child of childrenOf(node)) this.#visit(child)
  }

  /** The texts that an expression may be: `'a'`, `['a', 'b']`, `process.env.X ?? 'a'`, a constant of these. */
  #textsOf(value: unknown, depth = 4): string[] {
    const node = bare(value)
    const text = textOf(node)
    if (text !== undefined) return [text]
    if (depth === 0 || !isNode(node)) return []
    const inner = (parts: unknown[]) => parts.flatMap(part => this.#textsOf(part, depth - 1))
    if (node.type === 'ArrayExpression') return inner(node.elements as unknown[])
    if (node.type === 'LogicalExpression') return inner([node.left, node.right])
    if (node.type === 'ConditionalExpression') return inner([node.consequent, node.alternate])
    return node.type === 'Identifier' ? inner([this.#constants.get(String(node.name))]) : []
  }

  /** @param as what is meant where the text stands: a path, one of a folder, or anything */
  #note(text: string, as: 'path' | 'folder' | 'text'): void {
    if (text === '' || /^[a-z][a-z+.-]*:|^\/|^\.\.\/|[\0\n]/i.test(text)) return
    const isPath = as !== 'text' && (as === 'folder' || text.includes('/'))
    if (isPath || text.startsWith('./')) this.#fromCwd.add(beforeWildcards(text))
    else if (as === 'path' || /^[^*?{}<>]+\/[^*?{}<>]+\.\w+$/.test(text)) this.#maybeFiles.add(text)
  }

  #noteAbsolute(text: string): void {
    if (text.length > 1 && text.startsWith('/')) this.#absolute.add(text)
  }
}

/**
 * The folders of its own that a module may list: its own one where a call does (`readdir(here)`,
 * `glob('*.sql', { cwd: here })`) or the name of a file in it is open (`join(here, name)`), and every place below.
 */
function ownFolders(program: Node, fileName: string): string[] {
  const folders = findOwnPlaces(program, fileName).flatMap(({ form, path, callers, isOpen }) => {
    const folder = beforeWildcards(path)
    if (form === 'require' || folder.startsWith('..')) return []
    const isMeant = folder !== '' || path !== '' || isOpen || LISTS.test(callers[0] ?? '')
    return isMeant ? [folder] : []
  })
  return [...new Set(folders)]
}

function hasKey(value: unknown, key: string): boolean {
  const node = bare(value)
  return isNode(node, 'ObjectExpression') && (node.properties as Node[]).some(property => nameOf(property.key) === key)
}

/** `./views/*.html` → `views`; a path without wildcards as it is, but for the dot. */
function beforeWildcards(text: string): string {
  const path = text.replace(/^(?:\.\/)+/, '')
  const wild = path.search(/[*?[{]/)
  return wild < 0 ? path : path.slice(0, path.lastIndexOf('/', wild) + 1)
}

function calleeOf(node: Node): string {
  const callee = bare(node.callee)
  return nameOf(isNode(callee, 'MemberExpression') ? callee.property : callee) ?? ''
}
