const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']

// Control characters, and those that reorder or hide text: a tag or label from outside must not steer a terminal.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]/u
const UNSAFE_ALL = new RegExp(UNSAFE.source, 'gu')

/** Makes text from outside safe to print: control and invisible characters become `\xNN` or `\uNNNN`. */
export function visible(text: string): string {
  if (!UNSAFE.test(text)) return text
  return text.replace(UNSAFE_ALL, character => {
    const code = character.charCodeAt(0)
    return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`
  })
}

/**
 * A number of bytes as BentoML shows it: `265.00 B`, `1.50 MiB` (`human_readable_size` in `_internal/utils`).
 *
 * @param bytes a non-negative integer.
 */
export function formatSize(bytes: number): string {
  let unit = 0
  while (unit < UNITS.length - 1 && bytes >= 1024 ** (unit + 1)) unit++
  const size = bytes / 1024 ** unit
  // Of the ties, which end in 125, 375, 625 or 875, Python rounds the first and third down, since to even, and `toFixed` up.
  const rounded = (size * 8) % 4 === 1 ? size - 0.005 : size
  return `${rounded.toFixed(2)} ${UNITS[unit]}`
}

/**
 * The names most like a mistyped one, best first, at most three: for "did you mean".
 */
export function nearNames(wanted: string, all: Iterable<string>): string[] {
  const found: { name: string; distance: number }[] = []
  const limit = Math.max(1, Math.floor(wanted.length / 3))
  for (const name of new Set(all)) {
    if (name === wanted) continue
    const contains = wanted.length > 2 && (name.includes(wanted) || (name.length > 2 && wanted.includes(name)))
    const distance = editDistance(wanted, name)
    if (contains || distance <= limit) found.push({ name, distance })
  }
  found.sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1))
  return found.slice(0, 3).map(({ name }) => name)
}

/** Insertions, deletions, replacements and swaps of neighbours that lead from one word to the other. */
function editDistance(a: string, b: string): number {
  let before: readonly number[] = []
  let previous: readonly number[] = Array.from({ length: b.length + 1 }, (_, column) => column)
  const cost = (row: readonly number[], column: number) => row[column] ?? Number.POSITIVE_INFINITY
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const replace = cost(previous, column - 1) + (a[row - 1] === b[column - 1] ? 0 : 1)
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
      const swap = swapped ? cost(before, column - 2) + 1 : Number.POSITIVE_INFINITY
      current.push(Math.min(cost(previous, column) + 1, cost(current, column - 1) + 1, replace, swap))
    }
    before = previous
    previous = current
  }
  return cost(previous, b.length)
}

/**
 * A class name as BentoML makes a service name of it (`to_snake_case` in `_internal/tag.py`, quirks included):
 * `IrisClassifier` → `iris_classifier`, `HTTPServer` → `http_server`, `GPT4All` → `gp_t4_all`.
 */
export function toSnakeCase(name: string): string {
  const joined = name.replace(/[A-Z]+(?=[a-z0-9])/g, word =>
    word.length > 1 ? `_${word.slice(0, -1)}_${word.at(-1)}`.toLowerCase() : `_${word}`.toLowerCase(),
  )
  return joined.replace(/^_+/, '')
}
