import { visible } from '../core/text.js'

const GAP = '  '

/**
 * Lays out a table without borders, as BentoML's: headings, then a line a row. Cells are made safe to print; nothing is
 * wrapped or cut, however narrow the terminal, so that tools can read it too.
 */
export function renderTable(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [headings, ...rows.map(row => row.map(visible))]
  const widths = headings.map((_, column) => cells.reduce((most, row) => Math.max(most, (row[column] ?? '').length), 0))
  const last = headings.length - 1
  const lines = cells.map(row =>
    row.map((cell, column) => (column === last ? cell : cell.padEnd(widths[column] ?? 0))).join(GAP),
  )
  return `${lines.join('\n')}\n`
}
