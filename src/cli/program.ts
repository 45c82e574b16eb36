import { Command, type CommanderError } from 'commander'
import { ownPackage } from '../core/own-package.js'
import { print, printError } from './output.js'
import { reportProblem, SilentExit, usageError } from './problem.js'
import { COMMANDS, type CommandEntry } from './registry.js'

const AFTER_HELP = `
Exit codes: 0 success, 1 failure, 2 wrong usage.
The store is the folder BENTOML_HOME, by default ~/bentoml.`

/**
 * Runs the command line and sets `process.exitCode`: 0 success, 1 failure, 2 wrong usage. Never throws.
 *
 * @param args what follows the program's name.
 */
export async function runCli(args: string[]): Promise<void> {
  try {
    await createProgram().parseAsync(args, { from: 'user' })
  } catch (error) {
    process.exitCode = reportProblem(error, wantsStack(args))
  }
}

function createProgram(): Command {
  const program = new Command('bento')
    .description('Manage the models and bentos of the store that is shared with BentoML, and serve bentos.')
    .version(ownPackage().version, '-v, --version', 'print the version')
    .enablePositionalOptions()
    // Arguments and options of a command are not known before its file is loaded.
    .configureHelp({ subcommandTerm: command => [command.name(), ...command.aliases()].join(', ') })
    // What commander would say of a mistake reaches the user through reportProblem.
    .configureOutput({ writeOut: print, writeErr: printError, outputError: () => {} })
    .addHelpText('after', AFTER_HELP)
  setUp(program)
  addCommands(program, COMMANDS)
  return program
}

function addCommands(parent: Command, entries: readonly CommandEntry[]): void {
  for (const { name, alias, summary, commands } of entries) {
    const command = parent
      .command(name)
      .summary(summary)
      .description(`${summary[0]?.toUpperCase()}${summary.slice(1)}.`)
    if (alias !== undefined) command.alias(alias)
    setUp(command)
    if (commands !== undefined) addCommands(command, commands)
  }
  parent.hook('preSubcommand', async (_, command) => {
    const entry = entries.find(({ name }) => name === command.name())
    if (entry?.load !== undefined) (await entry.load()).define(command)
  })
}

/** What every command has: the common options, and its own way out of a wrong command line. */
function setUp(command: Command): void {
  command
    .option('-q, --quiet', 'print results and errors only')
    .option('--verbose, --debug', 'print the stack of an error')
    .helpOption('-h, --help', 'print this help')
    .exitOverride(error => {
      throw outcome(error, command)
    })
}

/** What commander's way of ending means: help or version was shown, or the command line is wrong. */
function outcome(error: CommanderError, command: Command): Error {
  if (error.exitCode === 0) return new SilentExit(0)
  // A command of commands was called bare, and its help has been shown.
  if (error.code === 'commander.help') return new SilentExit(2)
  const [reason = '', suggestion] = error.message.replace(/^error: /, '').split('\n')
  const hint = `See ${pathOf(command)} --help.`
  return usageError(
    `${reason[0]?.toUpperCase()}${reason.slice(1).replace(/\.$/, '')}.`,
    suggestion === undefined ? hint : `${suggestion.replace(/^\((.*)\)$/, '$1')} ${hint}`,
  )
}

/** `bento models create` */
function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`
}

/** Read from the raw words, since a wrong command line ends before its options are known. */
function wantsStack(args: string[]): boolean {
  const end = args.indexOf('--')
  return args.slice(0, end < 0 ? args.length : end).some(word => word === '--debug' || word === '--verbose')
}
