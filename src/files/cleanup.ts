import { lstatSync, rmSync } from 'node:fs'

const ATTEMPTS = 5

/**
 * What is half made: files and folders that nobody should find once this process is gone. One list for all copies of
 * this package: `bento build` answers signals, and the plugin in the project's config writes.
 */
const unfinished = sharedSet(Symbol.for('vite-plugin-bento.unfinished'))

/**
 * Notes that `path`, a temporary file or folder about to be made, is to go if a signal ends the process meanwhile.
 * Called **before** it is made: a signal may come at any moment. A library leaves signals alone, so this does nothing by
 * itself: the command line has {@link removeUnfinished} called by one.
 *
 * @param path absolute; what it holds goes with it, links are not followed
 * @returns to be called once the path is renamed into place or removed; more than once is fine
 *
 * @example
 * ```ts
 * const release = noteUnfinished(temp)
 * try {
 *   await writeNewFile(temp, data)
 *   await moveOver(temp, target)
 * } finally {
 *   await rm(temp, { force: true })
 *   release()
 * }
 * ```
 */
export function noteUnfinished(path: string): () => void {
  unfinished.add(path)
  return () => void unfinished.delete(path)
}

/**
 * Removes all that is {@link noteUnfinished noted} and not released, without waiting for anything: for a listener of
 * signals. What can't be removed stays, without a word; of staging folders a later sweep takes care.
 */
export function removeUnfinished(): void {
  for (const path of unfinished) removeAtOnce(path)
  unfinished.clear()
}

/** Work under way may add or remove a file while the folder is emptied; Node 24 gives up at either. */
function removeAtOnce(path: string): void {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    try {
      rmSync(path, { recursive: true, force: true, maxRetries: 3 })
      if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return
    } catch {}
  }
}

function sharedSet(key: symbol): Set<string> {
  const holder = globalThis as { [key: symbol]: Set<string> | undefined }
  holder[key] ??= new Set()
  return holder[key]
}
