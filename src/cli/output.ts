import { writeSync } from 'node:fs'
import { systemCode } from '../core/errors.js'
import { visible } from '../core/text.js'

const COLOURS = { red: '\x1b[31m', yellow: '\x1b[33m' }

const watched = new Set<NodeJS.WriteStream>()
/** Whether stdout has become a stream, which may still hold text: nothing may overtake that. */
let streaming = false

/** Writes a command's result to stdout, as it is. A reader that went away (`| head -1`) is no error. */
export function print(text: string): void {
  const rest = streaming ? text : writeAtOnce(1, Buffer.from(text))
  if (rest.length === 0) return
  streaming = true
  writeTo(process.stdout, rest)
}

/** Writes a path to stdout: as it is for scripts, without what could steer it on a terminal. */
export function printPath(path: string): void {
  print(`${process.stdout.isTTY ? visible(path) : path}\n`)
}

/** Writes to stderr, as it is: notes, warnings, errors. */
export function printError(text: string): void {
  writeTo(process.stderr, text)
}

/** One line of warning on stderr, made safe to show; nothing where the user asked for quiet. */
export function warn(text: string, options: { quiet?: boolean | undefined }): void {
  if (!options.quiet) printError(`${paint('yellow', 'warning')}: ${visible(text)}\n`)
}

/** Colours a word for stderr where that is a terminal that wants colours. */
export function paint(colour: keyof typeof COLOURS, word: string): string {
  const plain = !process.stderr.isTTY || process.env.NO_COLOR || process.env.TERM === 'dumb'
  return plain ? word : `${COLOURS[colour]}${word}\x1b[39m`
}

/**
 * Writes without a stream, for which Node would first load 30 modules: 10 ms of the 100 of a short command. Returns
 * what is left for the stream: that of a pipe that is full and does not wait, or of an error, which it will meet again.
 */
function writeAtOnce(file: number, content: Buffer): Buffer {
  // There a terminal needs more than bytes.
  if (process.platform === 'win32') return content
  let rest = content
  try {
    while (rest.length > 0) rest = rest.subarray(writeSync(file, rest))
  } catch {}
  return rest
}

function writeTo(stream: NodeJS.WriteStream, content: string | Buffer): void {
  if (!watched.has(stream)) {
    watched.add(stream)
    stream.on('error', error => {
      if (systemCode(error) === 'EPIPE') return
      process.exitCode = 1
      if (stream !== process.stderr) printError(`error [IO_FAILED]: Cannot write the output: ${error.message}.\n`)
    })
  }
  stream.write(content)
}
