/** What must arrive within each period of waiting, bytes: about 1 KiB a second at the default of a minute. */
const LEAST_BYTES = 64 * 1024

/**
 * Reads a stream that must not stall, nor drip: while we wait for `patience` milliseconds, at least 64 KiB must come, or the end.
 * Time in which nobody asks for data does not count: a slow disk is not the sender's fault.
 *
 * @throws Error that says so; what the stream throws
 */
export async function* timely(source: AsyncIterable<Uint8Array>, patience: number): AsyncGenerator<Uint8Array> {
  const iterator = source[Symbol.asyncIterator]()
  let [left, got] = [patience, 0]
  for (;;) {
    const began = performance.now()
    const { done, value } = await within(iterator.next(), left, patience)
    if (done === true) return
    left -= performance.now() - began
    got += value.length
    if (got >= LEAST_BYTES) [left, got] = [patience, 0]
    yield value
  }
}

function within<T>(work: Promise<T>, ms: number, patience: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const slow = () => reject(new Error(`less than ${LEAST_BYTES / 1024} KiB came in ${patience / 1000} s`))
    const timer = setTimeout(slow, Math.max(0, ms))
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
