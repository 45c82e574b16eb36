import ignore from 'ignore'

/** One pattern of a list, in the form that git writes them. */
export interface Pattern {
  /** As it was written. */
  readonly text: string
  /** `!x`: takes back what earlier patterns of the list matched. */
  readonly negated: boolean
  /** A path without wildcards, as it was written but for slashes around it; undefined for any other pattern. */
  readonly literal: string | undefined
  /** Whether it begins at the folder of the list; else it matches at any depth. */
  readonly anchored: boolean
  /** What of it stands before the first wildcard, whole names only. */
  readonly base: string
  /**
   * Whether it matches a path, or a folder above it.
   *
   * @param path POSIX, relative to the folder of the list; with a slash behind where it is a folder
   */
  matches(path: string): boolean
}

/**
 * A list of patterns, as in `.gitignore`: `*.sql` at any depth, `/data/` at the top, `!x` takes back. The last pattern
 * that matches decides, also below a folder that an earlier one matched: that is how BentoML reads `.bentoignore`
 * (pathspec's `gitwildmatch`), where git itself would not look into the folder.
 */
export class PatternList {
  readonly patterns: readonly Pattern[]

  constructor(lines: readonly string[]) {
    this.patterns = lines.flatMap(line => parsePattern(line) ?? [])
  }

  /** Whether the list matches a path. */
  matches(path: string): boolean {
    return this.patterns.findLast(pattern => pattern.matches(path))?.negated === false
  }

  /** Whether it matches a folder and all that could lie in it, so that nobody need look. */
  matchesWhole(folder: string): boolean {
    return this.matches(folder) && !this.patterns.some(pattern => pattern.negated && mayLieBelow(pattern, folder))
  }
}

/** Undefined for comments and blank lines. */
function parsePattern(line: string): Pattern | undefined {
  if (/^#|^\s*$/.test(line)) return undefined
  const negated = line.startsWith('!')
  const text = negated ? line.slice(1) : line
  const matcher = ignore({ ignorecase: false }).add(text)
  const path = text.replace(/^\/|\/?\s*$/g, '')
  const wild = path.search(/[*?[\]\\]/)
  const anchored = /\/./.test(text.trimEnd()) && !path.startsWith('**/')
  return {
    text: line,
    negated,
    literal: wild < 0 ? path : undefined,
    anchored,
    base: wild < 0 ? path : path.slice(0, path.lastIndexOf('/', wild) + 1).replace(/\/$/, ''),
    matches: name => matcher.ignores(name),
  }
}

function mayLieBelow({ anchored, base }: Pattern, folder: string): boolean {
  return !anchored || `${base}/`.startsWith(folder) || folder.startsWith(base === '' ? '' : `${base}/`)
}
