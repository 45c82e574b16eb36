import { readdir, readFileSync } from 'node:fs'
import { lstat } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import type { Entry } from 'fast-glob'
import { systemCode } from '../core/errors.js'
import { compareText } from '../core/tag.js'
import { ioError } from './errors.js'
import { type Pattern, PatternList } from './patterns.js'

/** Name of the files that leave out, each for its folder. */
export const IGNORE_FILE = '.bentoignore'

/** What to select. */
export interface SelectOptions {
  include: readonly string[]
  exclude: readonly string[]
  /**
   * What never goes along unless a pattern without wildcards names it.
   *
   * @param path POSIX, relative to the root; with a slash behind where it is a folder
   */
  isBarred: (path: string) => boolean
}

/** Files of a tree. */
export interface Selection {
  /** Sorted by path. */
  files: SelectedFile[]
  /** Barred files that `include` matches, but does not name. */
  barred: string[]
  /** Patterns of `include` that match nothing. */
  unused: string[]
}

export interface SelectedFile {
  /** POSIX path relative to the root. */
  path: string
  kind: 'file' | 'link'
  /** Whether it is barred, and was named all the same. */
  named: boolean
}

/**
 * Finds the files below `root` that `include` matches and neither `exclude` nor a `.bentoignore` does. A folder that is
 * left out whole is never read. Links are listed, never followed.
 *
 * @throws `IO_FAILED`
 */
export async function selectFiles(root: string, options: SelectOptions): Promise<Selection> {
  const include = new PatternList(options.include)
  const { default: glob } = await import('fast-glob')
  const sieve = new Sieve(root, include, options)
  const { starts, links } = await startsOf(root, include)
  let entries: Entry[]
  try {
    entries = await glob(
      starts.flatMap(base => patternsAt(base, glob.escapePath)),
      {
        cwd: root,
        dot: true,
        onlyFiles: false,
        objectMode: true,
        followSymbolicLinks: false,
        braceExpansion: false,
        extglob: false,
        fs: { readdir: readdirThrough(sieve) as typeof readdir },
      },
    )
  } catch (error) {
    throw ioError(error, 'look for the files of the option include', root)
  }
  const selection: Selection = { files: [], barred: [], unused: [] }
  const used = new Set<Pattern>()
  for (const { path, dirent } of entries) {
    if (dirent.isDirectory() || !include.matches(path) || sieve.leavesOut(path)) continue
    for (const pattern of include.patterns) if (pattern.matches(path)) used.add(pattern)
    const barred = sieve.bars(path)
    if (barred && !sieve.names(path)) selection.barred.push(path)
    else selection.files.push({ path, kind: dirent.isSymbolicLink() ? 'link' : 'file', named: barred })
  }
  for (const path of links) {
    if (sieve.leavesOut(path)) continue
    for (const pattern of include.patterns) if (`${pattern.base}/`.startsWith(`${path}/`)) used.add(pattern)
    selection.files.push({ path, kind: 'link', named: false })
  }
  selection.files.sort((a, b) => compareText(a.path, b.path))
  selection.barred.sort(compareText)
  selection.unused = include.patterns.filter(one => !one.negated && !used.has(one)).map(({ text }) => text)
  return selection
}

/** Where to begin looking; and links on the way there, beyond which nothing is taken. */
async function startsOf(root: string, include: PatternList): Promise<{ starts: string[]; links: string[] }> {
  const wanted = include.patterns.filter(({ negated }) => !negated)
  if (wanted.some(({ anchored, base }) => !anchored || base === '')) return { starts: [''], links: [] }
  const starts: string[] = []
  const links: string[] = []
  for (const { base } of wanted) {
    const link = await firstLink(root, base)
    if (link === undefined) starts.push(base)
    else links.push(link)
  }
  return { starts, links: [...new Set(links)] }
}

async function firstLink(root: string, base: string): Promise<string | undefined> {
  const names = base.split('/')
  const paths = names.map((_, index) => names.slice(0, index + 1).join('/'))
  for (const path of paths) {
    const stats = await lstat(join(root, path)).catch(() => undefined)
    if (stats?.isSymbolicLink()) return path
  }
  return undefined
}

function patternsAt(base: string, escapePath: (path: string) => string): string[] {
  return base === '' ? ['**'] : [escapePath(base), `${escapePath(base)}/**`]
}

type ReadDone = (error: NodeJS.ErrnoException | null, entries?: { name: string; isDirectory(): boolean }[]) => void

/** Lists a folder without those folders that need not be walked. */
function readdirThrough(sieve: Sieve) {
  return (folder: string, options: { withFileTypes: true }, done: ReadDone): void => {
    const prefix = sieve.pathOf(folder)
    if (prefix !== '' && !sieve.enters(prefix)) {
      done(null, [])
      return
    }
    readdir(folder, options, (error, entries) => {
      // What a pattern names may be a file as well as a folder.
      if (error?.code === 'ENOTDIR') done(null, [])
      else if (error !== null) done(error)
      else
        done(
          null,
          entries.filter(entry => !entry.isDirectory() || sieve.enters(`${prefix}${entry.name}/`)),
        )
    })
  }
}

/** Knows what is left out of a tree. */
class Sieve {
  readonly #root: string
  readonly #exclude: PatternList
  readonly #isBarred: SelectOptions['isBarred']
  /** Patterns that name what is barred. */
  readonly #naming: readonly Pattern[]
  readonly #ignoreFiles = new Map<string, PatternList | undefined>()

  constructor(root: string, include: PatternList, { exclude, isBarred }: SelectOptions) {
    this.#root = root
    this.#exclude = new PatternList(exclude)
    this.#isBarred = isBarred
    this.#naming = include.patterns.filter(
      ({ negated, literal }) => !negated && literal !== undefined && this.bars(`${literal}/`),
    )
  }

  /** The path of a folder below the root, with a slash behind; empty for the root. */
  pathOf(folder: string): string {
    const path = relative(this.#root, folder).split(sep).join('/')
    return path === '' ? '' : `${path}/`
  }

  bars(path: string): boolean {
    return this.#isBarred(path) || (path.endsWith('/') && this.#isBarred(path.slice(0, -1)))
  }

  /** Whether a pattern without wildcards names what bars a path: `.env` does for `a/.env`, `a/` does not. */
  names(path: string): boolean {
    return this.#naming.some(pattern => {
      if (!pattern.matches(path)) return false
      const literal = pattern.literal as string
      const rest = pattern.anchored
        ? path.slice(literal.length + 1)
        : path.slice(`/${path}/`.indexOf(`/${literal}/`) + literal.length + 1)
      return rest === '' || !this.bars(rest)
    })
  }

  /** Whether a folder is to be read at all. */
  enters(folder: string): boolean {
    if (this.#lists(folder).some(([list, path]) => list.matchesWhole(path))) return false
    if (!this.#isBarred(folder) || this.names(folder)) return true
    return this.#naming.some(({ literal }) => `${literal}/`.startsWith(folder))
  }

  /** Whether the option `exclude` or a `.bentoignore` leaves a file out. */
  leavesOut(path: string): boolean {
    return this.#lists(path).some(([list, below]) => list.matches(below))
  }

  /** Every list that has a say on a path, and the path as that list sees it. */
  #lists(path: string): [PatternList, string][] {
    const lists: [PatternList, string][] = [[this.#exclude, path]]
    for (let end = 0; end >= 0; end = path.indexOf('/', end + 1)) {
      const folder = path.slice(0, end)
      const below = path.slice(end === 0 ? 0 : end + 1)
      const list = below === '' ? undefined : this.#ignoreFile(folder)
      if (list !== undefined) lists.push([list, below])
    }
    return lists
  }

  #ignoreFile(folder: string): PatternList | undefined {
    if (!this.#ignoreFiles.has(folder)) this.#ignoreFiles.set(folder, readList(join(this.#root, folder, IGNORE_FILE)))
    return this.#ignoreFiles.get(folder)
  }
}

function readList(path: string): PatternList | undefined {
  try {
    return new PatternList(
      readFileSync(path, 'utf8')
        .replace(/^\uFEFF/, '')
        .split(/\r?\n/),
    )
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EISDIR'].includes(systemCode(error) ?? '')) return undefined
    throw error
  }
}
