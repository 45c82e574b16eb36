import { createReadStream, createWriteStream, fstatSync } from 'node:fs'
import type { Readable, Writable } from 'node:stream'
import { systemCode } from '../core/errors.js'
import { SilentExit, usageError } from './problem.js'

/** Bytes read at once from a file that is the standard input. */
const CHUNK = 2 ** 20
/** As a shell counts what SIGPIPE ended: whoever reads has gone, and what it got is not the whole. */
const PIPE_CLOSED = 141

/**
 * Has `work` write an archive to the standard output.
 *
 * @param force writes to a terminal too
 * @throws `USAGE` for a terminal; {@link SilentExit} where the reader goes away (`| head -c 10`)
 */
export async function writeToStdout<T>(force: boolean, work: (stream: Writable) => Promise<T>): Promise<T> {
  if (process.stdout.isTTY && !force) {
    throw usageError(
      'An archive is nothing for a terminal to show.',
      'Redirect the output to a file or another program, or add --force.',
    )
  }
  // A file would be written to synchronously, with everything else waiting meanwhile.
  const stream = isFile(1) ? createWriteStream('', { fd: 1, autoClose: false }) : process.stdout
  // Whoever writes gets the error too; without a listener it would end the process here.
  stream.on('error', () => {})
  try {
    return await work(stream)
  } catch (error) {
    if (isClosedPipe(error)) throw new SilentExit(PIPE_CLOSED)
    throw error
  }
}

/**
 * Has `work` read an archive from the standard input. What it leaves unread is not waited for.
 *
 * @throws `USAGE` for a terminal
 */
export async function readFromStdin<T>(work: (stream: Readable) => Promise<T>): Promise<T> {
  if (process.stdin.isTTY) {
    throw usageError('An archive cannot be typed in.', 'Redirect the input from a file or another program.')
  }
  const stream = isFile(0) ? createReadStream('', { fd: 0, autoClose: false, highWaterMark: CHUNK }) : process.stdin
  try {
    return await work(stream)
  } finally {
    stream.destroy()
  }
}

function isFile(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isFile()
  } catch {
    return false
  }
}

function isClosedPipe(error: unknown): boolean {
  for (let inner = error; inner instanceof Error; inner = inner.cause) {
    if (systemCode(inner) === 'EPIPE') return true
  }
  return false
}
