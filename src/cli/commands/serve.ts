import type { Command } from 'commander'
import { printError } from '../output.js'
import { usageError } from '../problem.js'

interface ServeOptions {
  port?: number
  host?: string
  quiet?: boolean
}

/** `bento serve [bento] [-p port] [--host host] [-- args...]` */
export function define(command: Command): void {
  command
    .argument('[bento]', 'a tag in the store, or the folder of a bento (default: the current folder)')
    .argument('[args...]', 'after --: arguments for the service itself')
    .option(
      '-p, --port <number>',
      'port to listen on; 0 takes a free one (default: PORT, BENTOML_PORT or 3000)',
      readPort,
    )
    .option('--host <host>', 'address to listen on (default: HOST, BENTOML_HOST or 0.0.0.0)')
    .action(async (_bento: string | undefined, _args: string[], options: ServeOptions) => {
      const [bento = '.', args] = splitAtDashes(command)
      const { serveBento } = await import('../../serve/serve-bento.js')
      process.exitCode = await serveBento({
        bento,
        args,
        ...(options.port === undefined ? {} : { port: options.port }),
        ...(options.host === undefined ? {} : { host: options.host }),
        ...(options.quiet ? {} : { onLine: line => printError(`${line}\n`) }),
      })
    })
}

function readPort(text: string): number {
  const port = Number(text)
  if (/^\d{1,5}$/.test(text) && port <= 65535) return port
  throw usageError(`${JSON.stringify(text)} is not a port.`, 'Ports are whole numbers from 0 to 65535.')
}

/** The parser joins what stands before and after `--`; the words as typed tell them apart. */
function splitAtDashes(command: Command): [bento: string | undefined, args: string[]] {
  const typed: string[] = rootOf(command).rawArgs
  const dashes = typed.indexOf('--')
  const args = dashes < 0 ? [] : typed.slice(dashes + 1)
  const before = command.args.slice(0, command.args.length - args.length)
  if (before.length > 1) {
    throw usageError(`bento serve takes one bento, not ${before.length}.`, 'Put arguments for the service after --.')
  }
  return [before[0], args]
}

function rootOf(command: Command): Command & { rawArgs: string[] } {
  return (command.parent === null ? command : rootOf(command.parent)) as Command & { rawArgs: string[] }
}
