import { statSync } from 'node:fs'
import type { Command } from 'commander'
import type { BuildReport } from '../../bento/types.js'
import type { BuildOptions } from '../../build/options.js'
import type { OptionSource } from '../../config/layers.js'
import { stdoutHasColours } from '../../core/terminal.js'
import { visible } from '../../core/text.js'
import { longWork } from '../long-work.js'
import { print, printError } from '../output.js'
import { stdoutOnStderr } from '../stdout-on-stderr.js'
import { addArg } from '../values/args.js'
import { toJson } from '../values/json.js'
import { addLabel } from '../values/labels.js'

const FORMATS = ['default', 'tag', 'json'] as const

interface Flags {
  bentofile?: string
  name?: string
  version?: string
  label?: Record<string, string>
  arg?: Record<string, unknown>
  argFile?: string
  platform?: string[]
  output: (typeof FORMATS)[number]
  containerize?: boolean
  config?: string
  mode?: string
  quiet?: boolean
  debug?: boolean
}

const AFTER_HELP = `
Options win over the project's vite.config, that over its bentofile.yaml, that over the section "bento" of
its package.json. --debug says where each value came from.

Examples:
  bento build
  bento build services/iris --label stage=production --arg threshold=0.5
  bento serve $(bento build -q)`

/** `bento build [context|service] [-f bentofile] [--name name] [--version version] [--label key=value]...` */
export function define(command: Command): void {
  command
    .argument('[context]', 'the folder of the project, or the service in the current one', '.')
    .option('-f, --bentofile <path>', 'the bentofile (default: bentofile.yaml of the project, where there is one)')
    .option('--name <name>', 'name of the bento')
    .option('--version <version>', 'version of the bento; "content" or "time" for one that is made')
    .option('--label <key=value>', 'label; repeatable', addLabel)
    .option(
      '--arg <key=value>',
      'argument, which the service imports from virtual:bento/args; repeatable. JSON where it looks like it, else text',
      addArg,
    )
    .option('--arg-file <path>', 'YAML file of arguments; --arg wins')
    .option('--platform <os/arch>', 'platform that the bento must be installable on; repeatable', collectPlatforms)
    .addOption(
      command
        .createOption('-o, --output <format>', 'output format: default is a summary, json the whole report')
        .choices(FORMATS)
        .default('default'),
    )
    .option('--containerize', 'make an image of the bento, as bento containerize does')
    .option('--config <path>', "Vite's config (default: vite.config.* of the project, where there is one)")
    .option('--mode <mode>', "Vite's mode (default: production)")
    .addHelpText('after', AFTER_HELP)
    .action(run)
}

async function run(context: string, flags: Flags): Promise<void> {
  const { output, quiet, debug, platform } = flags
  const report = await build(await buildOptions(context, flags), flags)
  if (output === 'json') print(`${toJson(report)}\n`)
  else if (output === 'tag') print(`__tag__:${report.tag}\n`)
  else if (quiet) print(`${report.tag}\n`)
  else await printSummary(report)
  if (!flags.containerize) return
  const { makeImage } = await import('./containerize.js')
  await makeImage(report.tag, {
    ...(quiet || output !== 'default' ? { quiet: true } : {}),
    ...(debug === undefined ? {} : { debug }),
    ...(platform === undefined ? {} : { platform }),
  })
}

async function build(options: BuildOptions, flags: Flags): Promise<BuildReport> {
  const { runBuild } = await import('../../build/run-build.js')
  const asker = { name: 'the command line', summary: false }
  return longWork(flags, progress => {
    progress.phase({ doing: 'building' })
    return stdoutOnStderr(() => runBuild(options, asker))
  })
}

async function printSummary(report: BuildReport): Promise<void> {
  const { formatReport } = await import('../../bento/report.js')
  print(`${formatReport(report, { colour: stdoutHasColours() })}\n`)
}

async function buildOptions(context: string, flags: Flags): Promise<BuildOptions> {
  const isFolder = statSync(context, { throwIfNoEntry: false })?.isDirectory() === true
  const { bentofile, config, mode, name, version, label, platform } = flags
  const args = { ...(await argsOf(flags.argFile)), ...flags.arg }
  const given = {
    // As in BentoML: what is no folder is the service, in the current one.
    ...(isFolder ? { root: context } : { service: context }),
    bentofile,
    configFile: config,
    mode,
    name,
    version,
    labels: label,
    platforms: platform,
    args: Object.keys(args).length === 0 ? undefined : args,
    // What Vite tells of its steps, it writes to stdout without asking anybody.
    logLevel: flags.quiet ? 'error' : 'warn',
    explain: flags.debug ? explain : undefined,
  } as const
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
}

async function argsOf(file: string | undefined): Promise<Record<string, unknown>> {
  return file === undefined ? {} : (await import('../values/args-file.js')).argsOfFile(file)
}

/** `option name: "iris" (bentofile.yaml)` */
function explain(sources: OptionSource[]): void {
  for (const { option, value, from } of sources) {
    printError(`option ${visible(option)}: ${visible(JSON.stringify(value) ?? String(value))} (${from})\n`)
  }
}

function collectPlatforms(text: string, held: string[] = []): string[] {
  return [...held, ...text.split(',')]
}
