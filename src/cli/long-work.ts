import { discardOnSignal } from './interrupt.js'
import { Progress } from './progress.js'

/** Options that decide whether progress is shown. */
interface Showing {
  quiet?: boolean | undefined
  /** Format of the result. */
  output?: string | undefined
}

/**
 * Runs what may take long and saves or writes something: progress is shown on stderr, unless the user asked for quiet or for JSON,
 * and a signal leaves nothing half done.
 */
export async function longWork<T>(showing: Showing, work: (progress: Progress) => Promise<T>): Promise<T> {
  const progress = new Progress(!showing.quiet && showing.output !== 'json')
  try {
    return await discardOnSignal(
      () => work(progress),
      () => progress.end(),
    )
  } finally {
    progress.end()
  }
}
