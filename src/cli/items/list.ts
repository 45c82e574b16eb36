import type { Command } from 'commander'
import type { StoreItem } from '../../store/item.js'
import type { OnProblem } from '../../store/record.js'
import { print, warn } from '../output.js'
import { renderTable } from '../table.js'
import { recordsToJson } from '../values/json.js'
import { addLabel } from '../values/labels.js'

const FORMATS = ['json', 'yaml', 'table'] as const

/** A column of a table and a field of the other formats, in BentoML's words. */
export interface Column<T> {
  heading: string
  field: string
  value(item: T): string | Promise<string>
}

/** The part of a store that listing needs. */
export interface Listable<T> {
  list(name: string | undefined, options: { labels?: Record<string, string>; onProblem: OnProblem }): Promise<T[]>
}

interface ListOptions {
  output: (typeof FORMATS)[number]
  label?: Record<string, string>
  quiet?: boolean
}

/**
 * Makes `command` one that lists items: `[name] [-o json|yaml|table] [--label key=value]…`.
 *
 * @param open opens the store; called when the command runs.
 */
export function defineList<T extends StoreItem>(
  command: Command,
  plural: string,
  columns: readonly Column<T>[],
  open: () => Promise<Listable<T>>,
): void {
  command
    .argument('[name]', `list only the ${plural} of this name, or this tag`)
    .addOption(command.createOption('-o, --output <format>', 'output format').choices(FORMATS).default('table'))
    .option('--label <key=value>', `list only ${plural} with this label; repeatable, all must match`, addLabel)
    .action(async (name: string | undefined, options: ListOptions) => {
      const store = await open()
      const items = await store.list(name, {
        onProblem: ({ path, reason }) => warn(`skipped ${path}: ${reason}`, options),
        ...(options.label === undefined ? {} : { labels: options.label }),
      })
      const rows: string[][] = []
      for (const item of items) rows.push(await rowOf(item, columns))
      print(await render(options.output, columns, rows))
    })
}

/** One after the other, and no promise where none is needed: the store reads synchronously, and there may be thousands. */
async function rowOf<T>(item: T, columns: readonly Column<T>[]): Promise<string[]> {
  const row: string[] = []
  for (const { value } of columns) {
    const cell = value(item)
    row.push(typeof cell === 'string' ? cell : await cell)
  }
  return row
}

async function render(
  format: ListOptions['output'],
  columns: readonly Column<never>[],
  rows: string[][],
): Promise<string> {
  const headings = columns.map(({ heading }) => heading)
  if (format === 'table') return renderTable(headings, rows)
  const records = rows.map(row => Object.fromEntries(columns.map(({ field }, index) => [field, row[index] ?? ''])))
  if (format === 'json') return `${recordsToJson(records)}\n`
  const { dumpYaml } = await import('../../core/yaml.js')
  return dumpYaml(records)
}
