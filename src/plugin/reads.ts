import { findOwnPlaces } from './own-places.js'
import { bare, childrenOf, hasType, isMember, isNode, type Node, nameOf, textOf } from './syntax.js'

/** What a module asks for at run time, as far as it is written out. */
export interface Reads {
  /** Paths from the working directory, as written; of patterns, what stands before the first wildcard. */
  fromCwd: string[]
  /** Paths of folders from the module's own one that are read whole; empty for that folder itself. */
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

/** Options that name a folder. */
const FOLDER_KEYS = /(?:^root|dir|directory|folder|path|cwd|prefix|templates|views|static|public)s?$/i

/** Whether a text looks like a relative path written as one. */
const DOTTED = /^\.\/[^\0\n]+$/

/**
 * Looks for what a module reads beside the files that it names by where it lies itself: relative paths given to calls that
 * read (`readFile('config/x.json')`), paths with a dot in front in any call or option (`{ migrationsFolder: './drizzle' }`),
 * folders named by options (`{ root: 'public' }`), and whole folders of its own (`readdir(import.meta.dirname)`).
 *
 * @param program an ES module without types
 * @param fileName the module's own file name
 */
export function findReads(program: Node, fileName: string): Reads {
  const fromCwd = new Set<string>()
  const absolute = new Set<string>()
  const note = (text: string | undefined, isOutright: boolean): void => {
    if (text === undefined || text === '' || /^[a-z][a-z+.-]*:/i.test(text) || text.startsWith('../')) return
    const path = beforeWildcards(text)
    if (text.startsWith('/')) {
      if (isOutright && path !== '/') absolute.add(path)
    } else if (isOutright || DOTTED.test(text)) fromCwd.add(path)
  }
  const visit = (node: Node): void => {
    if (hasType(node, 'ImportDeclaration', 'ImportExpression', 'ExportAllDeclaration')) return
    if (hasType(node, 'ExportNamedDeclaration') && node.source) return
    if (hasType(node, 'CallExpression', 'NewExpression')) {
      const name = calleeOf(node)
      // These take paths from the module, not from the working directory.
      if (['require', 'URL', 'createRequire'].includes(name) || isMember(node.callee, 'import.meta', 'resolve')) return
      const reads = READS.test(name)
      const [first, ...rest] = node.arguments as unknown[]
      for (const text of textsOf(first)) note(text, reads)
      for (const argument of rest) for (const text of textsOf(argument)) note(text, false)
    } else if (hasType(node, 'Property') && FOLDER_KEYS.test(nameOf(node.key) ?? '')) {
      for (const text of textsOf(node.value)) note(text, true)
    } else if (hasType(node, 'Property', 'VariableDeclarator', 'AssignmentPattern')) {
      note(textOf(node.value ?? node.init ?? node.right), false)
    }
    for (const child of childrenOf(node)) visit(child)
  }
  visit(program)
  return { fromCwd: [...fromCwd], ownFolders: ownFolders(program, fileName), absolute: [...absolute] }
}

/** The folders of its own that a module lists: `readdir(here)`, `glob('*.sql', { cwd: here })`, `join(here, name)`. */
function ownFolders(program: Node, fileName: string): string[] {
  const folders = findOwnPlaces(program, fileName).flatMap(({ form, path, callers, isOpen }) => {
    if (form === 'require') return []
    const folder = beforeWildcards(path)
    const isListed = LISTS.test(callers[0] ?? '')
    return (path === '' && (isListed || isOpen)) || folder !== path ? [folder] : []
  })
  return [...new Set(folders)]
}

/** A text, or the texts of a list: `fg(['*.sql', './views/**'])`. */
function textsOf(value: unknown): (string | undefined)[] {
  const node = bare(value)
  return isNode(node, 'ArrayExpression') ? (node.elements as unknown[]).map(textOf) : [textOf(node)]
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
