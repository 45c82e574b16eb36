import { type ScannedScalars, scalarText, scanLabels } from '../core/scan.js'

/** Printable ASCII but quotes. */
const PLAIN = '[ !#-&(-~]*'
/** Single quotes in pairs: none stays open at the end of a line. */
const LINE = `${PLAIN}(?:'${PLAIN}'${PLAIN})*`
const MAP = `(?: \\{\\}|(?:\\n ${LINE})+)`

/** What BentoML and we write: these keys in this order, then perhaps ours. */
const LAYOUT = new RegExp(
  [
    `^name: (${LINE})`,
    `version: (${LINE})`,
    `module: (${LINE})`,
    `labels:(${MAP})`,
    `options:${MAP}`,
    `metadata:${MAP}`,
    `context:${MAP}`,
    `signatures:${MAP}`,
    'api_version: v1',
    `creation_time: (${LINE})`,
    `(?:node:${MAP}\\n)?$`,
  ].join('\\n'),
)

/**
 * Does what `scanScalars` does for a model.yaml of the usual layout; undefined for any other. One expression for the
 * whole text takes less time than one a line: 8 ms instead of 30 for 1,000 models, 50 ms instead of 90 for 10,000.
 */
export function scanModel(text: string): ScannedScalars | undefined {
  const found = LAYOUT.exec(text)
  if (found === null) return undefined
  const name = scalarText(found[1] ?? '')
  const version = scalarText(found[2] ?? '')
  const module = scalarText(found[3] ?? '')
  const time = scalarText(found[5] ?? '')
  if (name === undefined || version === undefined || module === undefined || time === undefined) return undefined
  const labels = found[4] === ' {}' ? {} : scanLabels((found[4] ?? '').slice(1).split('\n'))
  return labels && { scalars: { name, version, module, creation_time: time }, labels }
}
