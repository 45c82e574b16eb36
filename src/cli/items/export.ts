import type { Command } from 'commander'
import type { ArchiveFormat, PackLevel } from '../../archive/types.js'
import { formatSize, visible } from '../../core/text.js'
import type { ExportBentoOptions, ExportDestination, Exported, ExportedBento } from '../../transfer/types.js'
import { longWork } from '../long-work.js'
import { print, printError, printPath, warn } from '../output.js'
import { usageError } from '../problem.js'
import { writeToStdout } from '../standard-streams.js'
import { readFormat, readLevel } from '../values/archive-options.js'
import { toJson } from '../values/json.js'

const OUTPUTS = ['text', 'json', 'path'] as const

interface ExportFlags {
  format?: ArchiveFormat
  level?: PackLevel
  force?: boolean
  /** False after --no-models, which bentos alone have. */
  models?: boolean
  output: (typeof OUTPUTS)[number]
  quiet?: boolean
}

/** How the export of one kind of item differs from that of the other. */
export interface ExportKind {
  word: 'model' | 'bento'
  /** How BentoML prints an item: `Model(tag="…")`. */
  className: 'Model' | 'Bento'
  /** The format of its own, and what its files end in. */
  own: ArchiveFormat
  run(tag: string, destination: ExportDestination, options: ExportBentoOptions): Promise<Exported | ExportedBento>
}

/** Makes `command` one that exports items: `<tag> [path] [-f format] [--level level] [--force] [-o text|json|path]`. */
export function defineExport(command: Command, kind: ExportKind): void {
  const { word, own } = kind
  command
    .argument('<tag>', `the ${word}: name, name:latest, name:version, or the unique beginning of a version`)
    .argument(
      '[path]',
      `a file, a folder to write name-version.${own} into (default: the current one), or - for stdout`,
    )
    .option(
      '-f, --format <format>',
      `${own}, xz, gz, bz2, tar, zip or folder (default: what the path ends in, else ${own})`,
      readFormat,
    )
    .option(
      '--level <level>',
      'how hard to compress: fast, which stores what hardly shrinks; small; or 0 to 9 (default: fast)',
      readLevel,
    )
    .option('--force', 'replace what stands at the path; write even to a terminal')
    .addOption(
      command
        .createOption('-o, --output <format>', 'print a sentence, JSON, or the path of the archive')
        .choices(OUTPUTS)
        .default('text'),
    )
    .action(async (tag: string, path: string | undefined, flags: ExportFlags) => {
      if (path === '-') return exportToStdout(kind, tag, flags)
      const exported = await run(kind, tag, path || '.', flags)
      for (const note of exported.notes) warn(note, flags)
      if (flags.output === 'json') return print(`${toJson(described(exported))}\n`)
      if (flags.output === 'path') return printPath(exported.path ?? '')
      if (!flags.quiet) print(sentence(kind, exported, flags))
    })
}

async function exportToStdout(kind: ExportKind, tag: string, flags: ExportFlags): Promise<void> {
  if (flags.output !== 'text') {
    throw usageError(`Both the archive and -o ${flags.output} would go to stdout.`, 'Leave one of them out.')
  }
  if (flags.format === 'folder') throw usageError('A folder cannot go to stdout.', 'Name a path, or another format.')
  const exported = await writeToStdout(flags.force === true, stream => run(kind, tag, stream, flags))
  for (const note of exported.notes) warn(note, flags)
  if (!flags.quiet) printError(sentence(kind, exported, flags))
}

function run(
  kind: ExportKind,
  tag: string,
  destination: ExportDestination,
  flags: ExportFlags,
): Promise<Exported | ExportedBento> {
  const { format, level, force, models } = flags
  return longWork(flags, progress =>
    kind.run(tag, destination, { format, level, force, models, onProgress: progress.follow('exporting') }),
  )
}

/** In BentoML's words, and what it came to: `Model(tag="a:v1") exported to /tmp/a-v1.bentomodel (1.50 MiB).` */
function sentence(kind: ExportKind, exported: Exported | ExportedBento, flags: ExportFlags): string {
  const where = visible(exported.path ?? 'stdout')
  const facts = [formatSize(exported.bytes)]
  if (flags.models === false) facts.push('without models')
  else if ('models' in exported && exported.models.length > 0) facts.push(`with ${counted(exported.models.length)}`)
  return `${kind.className}(tag="${exported.tag}") exported to ${where} (${facts.join(', ')}).\n`
}

function counted(models: number): string {
  return models === 1 ? '1 model' : `${models} models`
}

function described(exported: Exported | ExportedBento): Record<string, unknown> {
  const { tag, path, format, bytes, notes } = exported
  const models = 'models' in exported ? exported.models.map(String) : undefined
  return { tag: String(tag), path, format, bytes, models, notes }
}
