/**
 * Runs `work` over `items`, at most `limit` at a time. On the first error no further item is started; those under way
 * are awaited (so that nothing still writes when the caller cleans up), then the error is thrown.
 */
export async function forEachLimit<T>(
  items: Iterable<T>,
  limit: number,
  work: (item: T, index: number) => Promise<void>,
): Promise<void> {
  const queue = [...items].entries()
  let failed = false
  let reason: unknown
  const runner = async () => {
    for (const [index, item] of queue) {
      if (failed) return
      try {
        await work(item, index)
      } catch (error) {
        if (!failed) reason = error
        failed = true
      }
    }
  }
  await Promise.all(Array.from({ length: limit }, runner))
  if (failed) throw reason
}

/** Open files at once: enough to keep disk and thread pool busy, far below any `ulimit -n`. */
export const FILES_AT_ONCE = 8
