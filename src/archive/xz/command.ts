import { type ChildProcessByStdio, spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { BentoError } from '../../core/errors.js'
import { visible } from '../../core/text.js'
import type { Chunks } from '../bytes.js'
import type { ExtractLimits } from '../types.js'
import { type XzProblem, xzError } from './errors.js'
import { xzEnvironment } from './find-xz.js'

/** What `xz` says, and what it means. */
const MESSAGES: readonly (readonly [RegExp, XzProblem])[] = [
  [/Memory usage limit/, 'memory'],
  [/Unexpected end of input/, 'truncated'],
  // Said of what follows a stream: how the first one begins was looked at before.
  [/File format not recognized/, 'trailing'],
  [/Unsupported type of integrity check/, 'check'],
  [/Unsupported options|Unsupported filter/, 'unsupported'],
  [/corrupt/, 'corrupt'],
]

type Child = ChildProcessByStdio<Writable, Readable, Readable>

/** Bytes that are given at once. */
const PORTION = 256 * 1024
/** Characters of its messages that are kept. */
const MOST_TEXT = 4096

/**
 * Decompresses by the command `xz`, in as many threads as there are cores where the blocks tell their sizes. A warning of
 * it counts as an error: data whose checksum it doesn't know would pass unchecked.
 *
 * @param command absolute path
 * @throws `ARCHIVE_INVALID`; `LIMIT_EXCEEDED`; `IO_FAILED` when it can't be run or is killed; whatever the input throws
 */
export async function* decodeByCommand(command: string, xz: Chunks, name: string, limits: ExtractLimits): Chunks {
  const child = spawn(command, decodeArguments(limits), {
    env: xzEnvironment(),
    stdio: ['pipe', 'pipe', 'pipe'],
    windowsHide: true,
  })
  const end = ended(child)
  let failure: { error: unknown } | undefined
  feed(xz, child).catch(error => {
    failure = { error }
    child.kill('SIGKILL')
  })
  try {
    yield* output(child)
    const result = await end
    // An error of the input is the reason for all that follows it.
    if (failure !== undefined) throw failure.error
    if (result.code !== 0) throw commandError(name, result)
  } finally {
    child.kill('SIGKILL')
    await end
  }
}

/**
 * What the command writes, which it does by 8 KiB, gathered. That it can't be read needs no words: how the command ended
 * tells why.
 */
async function* output(child: Child): Chunks {
  const chunks: AsyncIterator<Uint8Array> = child.stdout[Symbol.asyncIterator]()
  const portion = Buffer.allocUnsafeSlow(PORTION)
  let filled = 0
  try {
    for (;;) {
      const { value, done } = await chunks.next().catch(() => ({ value: undefined, done: true }))
      if (done || value === undefined) break
      for (let at = 0; at < value.length; ) {
        const part = value.subarray(at, at + PORTION - filled)
        portion.set(part, filled)
        filled += part.length
        at += part.length
        if (filled < PORTION) continue
        yield portion
        filled = 0
      }
    }
    if (filled > 0) yield portion.subarray(0, filled)
  } finally {
    await chunks.return?.()
  }
}

/**
 * The memory limit counts for all threads together (the number of threads gives way to it). The options are those of
 * XZ Utils 5.0; before 5.4 threads don't count.
 */
function decodeArguments({ memory }: ExtractLimits): string[] {
  const limit = Number.isFinite(memory) ? [`--memlimit-decompress=${Math.max(1, Math.floor(memory))}`] : []
  return ['--format=xz', '--decompress', '--stdout', '--threads=0', ...limit]
}

/** Brings the input to the command, until it is through or the command has ended. */
async function feed(xz: Chunks, child: Child): Promise<void> {
  const { stdin } = child
  const closed = new Promise<void>(resolve => stdin.once('close', resolve))
  for await (const chunk of xz) {
    await Promise.race([closed, new Promise<void>(taken => stdin.write(chunk, () => taken()))])
    if (stdin.destroyed) return
  }
  stdin.end()
}

interface Result {
  code: number | null
  signal: NodeJS.Signals | null
  text: string
  error?: Error
}

/** How it ended. Never rejects. */
function ended(child: Child): Promise<Result> {
  let text = ''
  child.stderr.setEncoding('utf8').on('data', (part: string) => {
    text = (text + part).slice(0, MOST_TEXT)
  })
  // It may end before it has read all; how it ended tells why.
  child.stdin.on('error', () => undefined)
  return new Promise(resolve => {
    child.once('error', error => resolve({ code: null, signal: null, text, error }))
    child.once('close', (code, signal) => resolve({ code, signal, text }))
  })
}

function commandError(name: string, { code, signal, text, error }: Result): BentoError {
  const problem = MESSAGES.find(([pattern]) => pattern.test(text))?.[1]
  const said = visible(text.trim())
  const cause = error ?? new Error(`xz ended with ${signal ?? code}: ${said}`)
  if (problem !== undefined) return xzError(name, problem, cause)
  const how = error === undefined ? `it ended with ${signal ?? code}` : 'it cannot be run'
  return new BentoError('IO_FAILED', `The command xz failed on ${visible(name)}: ${said === '' ? how : said}.`, {
    cause,
  })
}
