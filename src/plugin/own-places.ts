import { posix } from 'node:path'
import { lookUp, type Scope, walkUses } from './scopes.js'
import { bare, hasType, isMember, isNode, type Node, nameOf, textOf } from './syntax.js'

/** An expression that names a place by where its module lies. */
export interface OwnPlace {
  /** Where it stands in the code. */
  start: number
  end: number
  /** `url`: a URL object; `path`: the path as text; `require`: what `createRequire(…)` is asked for. */
  form: 'url' | 'path' | 'require'
  /** From the module's folder, POSIX; a slash behind where it was written. */
  path: string
  /** The two nearest calls around it, and of a constant those around its uses: `readFile`, `Worker`. */
  callers: string[]
  /** Whether it is only the name of a constant. */
  isName: boolean
  /** Whether it is the beginning of a path whose end is not written out: `here, 'views'` of `join(here, 'views', name)`. */
  isOpen: boolean
}

/** Tells in one look whether {@link findOwnPlaces} could find anything. */
export const MAY_NAME_PLACES = /\bimport\s*\.\s*meta\s*\.\s*(?:url|dirname|filename)\b|\b__(?:dirname|filename)\b/

/** A place: an address (`import.meta.url` and what is made of it) or a path. */
interface Place {
  kind: 'href' | 'url' | 'path'
  path: string
}

/** How many constants may stand between an expression and the place it names. */
const DEPTH = 8

/**
 * Finds the expressions of a module that name places beside it and are written out: `new URL('./x', import.meta.url)`,
 * `join(import.meta.dirname, '..', 'x')`, `` `${__dirname}/x` ``, `createRequire(import.meta.url)('./x.node')`; also by way
 * of constants such as `const here = dirname(fileURLToPath(import.meta.url))`. Of nested ones, all are given, the outermost
 * first.
 *
 * @param fileName the module's own file name
 */
export function findOwnPlaces(program: Node, fileName: string): OwnPlace[] {
  const constants = constantsOf(program)
  const places: OwnPlace[] = []
  const callers: { end: number; name: string }[] = []
  const users = new Map<unknown, string[]>()
  const evaluate = evaluator(fileName, constants)
  const add = (
    { start, end }: Pick<Node, 'start' | 'end'>,
    form: OwnPlace['form'],
    path: string,
    isName = false,
    isOpen = false,
  ) => {
    const around = callers
      .slice(-2)
      .map(({ name }) => name)
      .reverse()
    places.push({ start, end, form, path, callers: around, isName, isOpen })
    return around
  }
  walkUses(
    program,
    new Set(['__dirname', '__filename', ...constants.keys()]),
    () => {},
    (node, scopes) => {
      while (callers.length > 0 && (callers.at(-1)?.end ?? 0) <= node.start) callers.pop()
      const place = evaluate(node, scopes)
      const isName = node.type === 'Identifier'
      if (place !== undefined && place.kind !== 'href') {
        const around = add(node, place.kind, place.path, isName)
        const init = constants.get(String(node.name))?.init
        if (isName && init !== undefined) users.set(init, [...(users.get(init) ?? []), ...around])
      }
      if (!hasType(node, 'CallExpression', 'NewExpression')) return
      const asked = evaluate.required(node, scopes)
      if (asked !== undefined) add(asked.node, 'require', asked.path)
      const begun = place === undefined ? evaluate.beginning(node, scopes) : undefined
      if (begun !== undefined) add(begun, 'path', begun.path, false, true)
      callers.push({ end: node.end, name: calleeName(node) })
    },
  )
  for (const [init, names] of users) {
    const place = places.find(({ start, end }) => isNode(init) && start === init.start && end === init.end)
    place?.callers.push(...names)
  }
  return places
}

/** The constants of the module's top level, by name. */
function constantsOf(program: Node): Map<string, Node> {
  const constants = new Map<string, Node>()
  for (const statement of program.body as Node[]) {
    const node: unknown = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement
    if (!isNode(node, 'VariableDeclaration')) continue
    for (const declarator of node.declarations as Node[]) {
      if (isNode(declarator.id, 'Identifier') && isNode(declarator.init))
        constants.set(String(declarator.id.name), declarator)
    }
  }
  return constants
}

interface Evaluate {
  (value: unknown, scopes: readonly Scope[], depth?: number): Place | undefined
  /** The literal that a call of `createRequire(import.meta.url)` is given, where it is a relative path. */
  required(node: Node, scopes: readonly Scope[]): { node: Node; path: string } | undefined
  /** What `join(…)` begins with, where its end is not written out. */
  beginning(node: Node, scopes: readonly Scope[]): { start: number; end: number; path: string } | undefined
}

function evaluator(fileName: string, constants: ReadonlyMap<string, Node>): Evaluate {
  const initOf = (value: unknown, scopes: readonly Scope[]): unknown => {
    const name = isNode(value, 'Identifier') ? String(value.name) : ''
    const declarator = constants.get(name)
    return declarator !== undefined && lookUp(name, scopes) === declarator ? declarator.init : undefined
  }

  const evaluate = (value: unknown, scopes: readonly Scope[], depth = DEPTH): Place | undefined => {
    const node = bare(value)
    if (depth === 0 || !isNode(node)) return undefined
    const inner = (part: unknown) => evaluate(part, scopes, depth - 1)
    if (node.type === 'Identifier') {
      const isFree = lookUp(String(node.name), scopes) === undefined
      if (isFree && node.name === '__dirname') return { kind: 'path', path: '' }
      if (isFree && node.name === '__filename') return { kind: 'path', path: fileName }
      return inner(initOf(node, scopes))
    }
    const isMeta = (name: string): boolean => isMember(node, 'import.meta', name)
    if (isMeta('url')) return { kind: 'href', path: fileName }
    if (isMeta('dirname')) return { kind: 'path', path: '' }
    if (isMeta('filename')) return { kind: 'path', path: fileName }
    if (node.type === 'NewExpression') return newUrl(node, inner)
    if (node.type === 'CallExpression') return call(node, inner)
    if (node.type === 'TemplateLiteral') return template(node, inner)
    return node.type === 'BinaryExpression' && node.operator === '+'
      ? appended(inner(node.left), textOf(node.right))
      : undefined
  }

  const required: Evaluate['required'] = (node, scopes) => {
    if (node.type !== 'CallExpression') return undefined
    const callee = bare(node.callee)
    const maker = bare(initOf(callee, scopes) ?? callee)
    const [argument] = node.arguments as unknown[]
    const path = textOf(argument)
    if (path === undefined || !/^\.{1,2}\//.test(path) || !isNode(maker, 'CallExpression')) return undefined
    const [base] = maker.arguments as unknown[]
    const isMaker = calleeName(maker) === 'createRequire' && evaluate(base, scopes)?.path === fileName
    return isMaker ? { node: argument as Node, path: posix.normalize(path) } : undefined
  }
  const beginning: Evaluate['beginning'] = (node, scopes) => {
    if (!['join', 'resolve'].includes(calleeName(node))) return undefined
    const [first, ...rest] = node.arguments as Node[]
    const place = evaluate(first, scopes)
    if (first === undefined || place?.kind !== 'path') return undefined
    const dynamic = rest.findIndex(part => textOf(part) === undefined)
    const texts = rest.slice(0, dynamic)
    const path = normal(posix.join(place.path, ...texts.map(part => textOf(part) ?? '')))
    return dynamic < 0 ? undefined : { start: first.start, end: (texts.at(-1) ?? first).end, path }
  }

  return Object.assign(evaluate, { required, beginning })
}

type Inner = (value: unknown) => Place | undefined

function newUrl(node: Node, inner: Inner): Place | undefined {
  const [text, base] = node.arguments as unknown[]
  const relative = textOf(text)
  if (nameOf(node.callee) !== 'URL' || relative === undefined || !isRelative(relative)) return undefined
  const place = inner(base)
  if (place === undefined || place.kind === 'path') return undefined
  const folder = place.path.slice(0, place.path.lastIndexOf('/') + 1)
  return { kind: 'url', path: normal(folder + decoded(relative)) }
}

function call(node: Node, inner: Inner): Place | undefined {
  const [first, ...rest] = node.arguments as unknown[]
  const name = calleeName(node)
  if (!['fileURLToPath', 'dirname', 'join', 'resolve'].includes(name)) return undefined
  const place = inner(first)
  if (place === undefined) return undefined
  if (name === 'fileURLToPath')
    return place.kind === 'path' ? undefined : { kind: 'path', path: place.path.replace(/\/$/, '') }
  if (place.kind !== 'path') return undefined
  if (name === 'dirname') return { kind: 'path', path: normal(posix.join(place.path || '.', '..')) }
  const texts = rest.map(textOf)
  // `resolve` begins anew at an absolute path.
  if (texts.some(text => text === undefined || (name === 'resolve' && text.startsWith('/')))) return undefined
  return { kind: 'path', path: normal(posix.join(place.path, ...(texts as string[]))) }
}

/** `${import.meta.dirname}/x` */
function template(node: Node, inner: Inner): Place | undefined {
  const { quasis, expressions } = node as unknown as {
    quasis: { value: { cooked: string | null } }[]
    expressions: unknown[]
  }
  const [before, after] = quasis
  return expressions.length === 1 && before?.value.cooked === ''
    ? appended(inner(expressions[0]), after?.value.cooked)
    : undefined
}

function appended(place: Place | undefined, text: string | null | undefined): Place | undefined {
  if (place?.kind !== 'path' || typeof text !== 'string' || !text.startsWith('/')) return undefined
  return { kind: 'path', path: normal(posix.join(place.path, text.slice(1))) }
}

/** Neither a URL of its own, nor a path from the root. */
function isRelative(text: string): boolean {
  return text !== '' && !/^(?:[a-z][a-z+.-]*:|[/\\?#])/i.test(text)
}

function decoded(text: string): string {
  const path = text.replace(/[?#].*$/s, '')
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

function normal(path: string): string {
  const simple = posix.normalize(path)
  return simple === '.' || simple === './' ? '' : simple
}

/** `f` of `f(…)`, `a.f(…)`, `new f(…)`. */
function calleeName(node: Node): string {
  const callee = bare(node.callee)
  return nameOf(isNode(callee, 'MemberExpression') ? callee.property : callee) ?? ''
}
