import { rename } from 'node:fs/promises'
import { setTimeout as wait } from 'node:timers/promises'
import { systemCode } from '../core/errors.js'

const BUSY = new Set(['EPERM', 'EACCES', 'EBUSY'])
/** Longest a busy rename is retried on Windows, in milliseconds. */
const PATIENCE = 10_000

/**
 * `rename`, with patience on Windows: there a virus scanner or indexer that has a file open makes it fail for a moment.
 * Elsewhere these errors are real and thrown at once. The target is never deleted to make room.
 *
 * @param stop asked after each busy failure; true gives up early and throws
 */
export async function moveOver(
  from: string,
  to: string,
  stop: () => Promise<boolean> = async () => false,
): Promise<void> {
  const start = performance.now()
  for (let pause = 10; ; pause = Math.min(pause * 2, 1000)) {
    try {
      await rename(from, to)
      return
    } catch (error) {
      const busy = process.platform === 'win32' && BUSY.has(systemCode(error) ?? '')
      if (!busy || performance.now() - start > PATIENCE || (await stop())) throw error
    }
    await wait(pause)
  }
}
