import { parentPort } from 'node:worker_threads'
import xz from 'xz-decompress'

/** What the thread is told. */
export type ToXzWorker =
  /** The next bytes of the file; undefined at its end. */
  | { input: Uint8Array<ArrayBuffer> | undefined; taken?: never }
  /** An output was used. */
  | { taken: true; input?: never }

/** What the thread tells. */
export type FromXzWorker =
  | { kind: 'more' }
  | { kind: 'output'; output: Uint8Array<ArrayBuffer> }
  | { kind: 'end' }
  /** `code` is xz-embedded's own, where it is known. */
  | { kind: 'error'; code?: number; text: string }

/** Bytes that are handed over at once. */
const PORTION = 1024 * 1024
/** Outputs that may wait to be used. */
const AHEAD = 2

const port = parentPort as NonNullable<typeof parentPort>
let deliver: (input: Uint8Array<ArrayBuffer> | undefined) => void = () => undefined
let release: () => void = () => undefined
let waiting = 0

port.on('message', (message: ToXzWorker) => {
  if (message.taken) {
    waiting--
    release()
  } else {
    deliver(message.input)
  }
})

const input = new ReadableStream<Uint8Array>(
  {
    pull: controller =>
      new Promise(resolve => {
        deliver = bytes => {
          if (bytes === undefined) controller.close()
          else controller.enqueue(bytes)
          resolve()
        }
        tell({ kind: 'more' })
      }),
  },
  { highWaterMark: 1 },
)

/** Gathers the small pieces that come out, and hands over large ones. */
async function decode(): Promise<void> {
  let portion = new Uint8Array(PORTION)
  let filled = 0
  const give = async (): Promise<void> => {
    while (waiting === AHEAD) {
      await new Promise<void>(resolve => {
        release = resolve
      })
    }
    waiting++
    const output = portion.subarray(0, filled)
    tell({ kind: 'output', output }, [portion.buffer])
    portion = new Uint8Array(PORTION)
    filled = 0
  }
  for await (const piece of new xz.XzReadableStream(input) as AsyncIterable<Uint8Array>) {
    if (filled + piece.length > PORTION) await give()
    portion.set(piece, filled)
    filled += piece.length
  }
  if (filled > 0) await give()
}

function tell(message: FromXzWorker, transfer: ArrayBuffer[] = []): void {
  port.postMessage(message, transfer)
}

try {
  await decode()
  tell({ kind: 'end' })
} catch (error) {
  const text = error instanceof Error ? error.message : String(error)
  const code = /error code (\d+)/.exec(text)?.[1]
  tell({ kind: 'error', text, ...(code === undefined ? {} : { code: Number(code) }) })
}
port.close()
