import { plainKind } from './yaml/resolve.js'
import { setKey } from './yaml/value.js'

/** What {@link scanScalars} found. */
export interface ScannedScalars {
  /** The top-level scalars asked for, as far as they are there. */
  scalars: Record<string, string>
  /** The map `labels`; empty where there is none. */
  labels: Record<string, string>
}

/** Printable ASCII and newlines. Everything else, and double quotes with their escapes, is left to the parser. */
const SIMPLE = /^[\n\x20\x21\x23-\x7e]*$/
const KEY = /^([a-z_][a-z0-9_]*):(?: (.*))?$/i
const LABEL = /^ {2}('(?:[^']|'')*'|[a-z0-9_][^'\s]*): (.*)$/i
/** Begins as no number, bool, null or date does: text for sure. */
const WORD = /^[a-eg-mp-su-xz][\w.-]*$/i
/** First characters that a plain scalar can't have, or that need a closer look. */
const INDICATOR = /^[-?:,[\]{}#&*!|>'%@` ]/

/**
 * Finds a few top-level scalars and the labels of a model.yaml or bento.yaml without parsing the rest: what a list of
 * ten thousand models can afford. What it finds is what the parser would find; undefined says that the text is not
 * plain enough to be sure, and that it must be parsed.
 *
 * @param keys the scalars wanted, such as `name`, `version`, `module`, `creation_time`.
 */
export function scanScalars(text: string, keys: readonly string[]): ScannedScalars | undefined {
  if (!SIMPLE.test(text)) return undefined
  const scalars: Record<string, string> = {}
  const labels: Record<string, string> = {}
  const seen = new Set<string>()
  let inLabels = false
  let inQuotes = false
  let inBlock = false
  let start = 0
  while (start < text.length) {
    let end = text.indexOf('\n', start)
    if (end < 0) end = text.length
    const line = text.slice(start, end)
    start = end + 1
    if (line === '') continue
    const nested = line.startsWith(' ') || line.startsWith('- ') || line === '-'
    if (nested) {
      if (!inBlock) return undefined
      if (inLabels) {
        if (!scanLabel(line, labels)) return undefined
      } else if (line.includes("'") && line.split("'").length % 2 === 0) {
        inQuotes = !inQuotes
      }
      continue
    }
    // A quoted text within the block before that is still open would swallow this line.
    if (inQuotes) return undefined
    const [, key, value = ''] = KEY.exec(line) ?? []
    if (key === undefined || seen.has(key)) return undefined
    seen.add(key)
    inLabels = key === 'labels'
    inBlock = value === ''
    if (keys.includes(key)) {
      const scalar = scalarText(value)
      if (scalar === undefined) return undefined
      scalars[key] = scalar
    } else if (inLabels ? !(value === '' || value === '{}') : !closed(value)) return undefined
  }
  return inQuotes ? undefined : { scalars, labels }
}

/** Reads the lines below `labels:`; undefined where one is not plain enough. */
export function scanLabels(lines: readonly string[]): Record<string, string> | undefined {
  const labels: Record<string, string> = {}
  return lines.every(line => scanLabel(line, labels)) ? labels : undefined
}

function scanLabel(line: string, labels: Record<string, string>): boolean {
  const [, quotedKey, value] = LABEL.exec(line) ?? []
  if (quotedKey === undefined || value === undefined) return false
  const key = scalarText(quotedKey)
  const label = scalarText(value)
  if (key === undefined || label === undefined || Object.hasOwn(labels, key)) return false
  setKey(labels, key, label)
  return true
}

/** Whether a value that nobody asked for ends on its own line. */
function closed(value: string): boolean {
  return value === '' || value === '{}' || value === '[]' || scalarText(value, false) !== undefined
}

/** Text of a scalar on one line; undefined where it is no plain text or single-quoted text. */
export function scalarText(value: string, textOnly = true): string | undefined {
  if (WORD.test(value)) return value
  if (value.startsWith("'")) {
    // Without an expression, which takes as long as everything else here: each manifest has some of these.
    if (value.indexOf("'", 1) === value.length - 1 && value.length > 1) return value.slice(1, -1)
    return /^'(?:[^']|'')*'$/.test(value) ? value.slice(1, -1).replaceAll("''", "'") : undefined
  }
  if (value === '' || INDICATOR.test(value) || value.endsWith(' ') || value.endsWith(':')) return undefined
  if (value.includes(': ') || value.includes(' #')) return undefined
  return textOnly && plainKind(value) !== 'str' ? undefined : value
}
