import type { Command } from 'commander'
import type { ArchiveFormat, ExtractLimits } from '../../archive/types.js'
import type { ImportedBento, ImportedModel, ImportModelOptions, ImportSource } from '../../transfer/types.js'
import { longWork } from '../long-work.js'
import { print, printPath, warn } from '../output.js'
import { readFromStdin } from '../standard-streams.js'
import { readFormat } from '../values/archive-options.js'
import { toJson } from '../values/json.js'
import { addLimit, LIMIT_NAMES } from '../values/limits.js'

const OUTPUTS = ['text', 'json', 'tag', 'path'] as const

interface ImportFlags {
  format?: ArchiveFormat
  limit?: Partial<ExtractLimits>
  skipExisting?: boolean
  /** Models alone have it. */
  as?: string
  output: (typeof OUTPUTS)[number]
  quiet?: boolean
}

/** How the import of one kind of item differs from that of the other. */
export interface ImportKind {
  word: 'model' | 'bento'
  run(source: ImportSource, options: ImportModelOptions): Promise<ImportedModel | ImportedBento>
}

/** Makes `command` one that imports items: `<path> [-f format] [--skip-existing] [--limit name=value]… [-o text|json|tag|path]`. */
export function defineImport(command: Command, kind: ImportKind): void {
  const { word } = kind
  command
    .argument('<path>', `an archive or folder of a ${word}, an https: URL of an archive, or - for one on stdin`)
    .option('-f, --format <format>', 'refuse other formats (default: what the content is)', readFormat)
    .option('--skip-existing', `leave a ${word} that the store holds already as it is, instead of failing`)
    .option(
      '--limit <name=value>',
      `what the archive may ask for at most, as bytes=20GiB or entries=unlimited; repeatable (${LIMIT_NAMES.join(', ')})`,
      addLimit,
    )
    .addOption(
      command
        .createOption('-o, --output <format>', `print sentences, JSON, the tag, or the ${word}'s folder`)
        .choices(OUTPUTS)
        .default('text'),
    )
    .action(async (path: string, flags: ImportFlags) => {
      const imported =
        path === '-' ? await readFromStdin(stream => run(kind, stream, flags)) : await run(kind, path, flags)
      for (const note of imported.notes) warn(note, flags)
      if (flags.output === 'json') return print(`${toJson(described(imported))}\n`)
      if (flags.output === 'tag') return print(`${imported.tag}\n`)
      if (flags.output === 'path') return printPath(itemOf(imported).path)
      if (!flags.quiet) print(sentences(imported))
    })
}

function run(kind: ImportKind, source: ImportSource, flags: ImportFlags): Promise<ImportedModel | ImportedBento> {
  const { format, limit: limits, skipExisting, as } = flags
  return longWork(flags, progress =>
    kind.run(source, { format, limits, skipExisting, as, onProgress: progress.follow('importing') }),
  )
}

/** A line for each model that came along, then one for the item, in BentoML's words. */
function sentences(imported: ImportedModel | ImportedBento): string {
  const models = 'models' in imported ? imported.models : []
  const className = 'bento' in imported ? 'Bento' : 'Model'
  return [
    ...models.map(({ tag, outcome }) => `Model(tag="${tag}") ${SAID[outcome]}`),
    `${className}(tag="${imported.tag}") ${SAID[imported.outcome]}`,
  ].join('')
}

const SAID = {
  imported: 'imported.\n',
  same: 'was here already, with equal content.\n',
  exists: 'was here already, and is left as it was.\n',
}

function described(imported: ImportedModel | ImportedBento): Record<string, unknown> {
  const { tag, outcome, notes } = imported
  const base = { tag: String(tag), outcome, path: itemOf(imported).path }
  if (!('bento' in imported)) return { ...base, notes }
  const models = imported.models.map(model => ({ tag: String(model.tag), outcome: model.outcome }))
  return { ...base, models, missing: imported.missing.map(String), notes }
}

function itemOf(imported: ImportedModel | ImportedBento): { path: string } {
  return 'bento' in imported ? imported.bento : imported.model
}
