import { Stream } from 'node:stream'

/**
 * Runs `work` on something that may be a stream of the caller's. Its error may come before anyone reads or writes, while
 * the work still prepares, and an `error` event that nobody listens to ends the process. Here one is listened to from
 * the first moment on: who reads or writes is told of it anyway.
 */
export async function heedingErrors<T>(stream: unknown, work: () => Promise<T>): Promise<T> {
  if (!(stream instanceof Stream)) return work()
  const heed = () => {}
  stream.on('error', heed)
  try {
    return await work()
  } finally {
    // The error of a write comes as an event after its answer.
    setImmediate(() => stream.off('error', heed))
  }
}
