import { existsSync } from 'node:fs'
import { basename } from 'node:path'
import { describe, it } from 'vitest'

/**
 * A suite that needs something a contributor's machine may lack. Where `missing` says what, the suite is skipped and the
 * reason printed; CI sets `BENTO_TEST_STRICT=1`, which makes it a failure instead.
 *
 * @example
 * ```ts
 * describeNeeding(bentomlMissing(), 'the Python CLI', () => { … })
 * ```
 */
export function describeNeeding(missing: string | undefined, title: string, suite: () => void): void {
  if (missing === undefined) {
    describe(title, suite)
  } else if (process.env.BENTO_TEST_STRICT === '1') {
    it(title, () => {
      throw new Error(`needs ${missing}`)
    })
  } else {
    skipped(missing, title, suite)
  }
}

/**
 * A suite over data that lies beside the repository, where its authors work, and that can't be had elsewhere: skipped
 * without it even where CI is strict.
 *
 * @param path of the data
 */
export function describeOver(path: string, title: string, suite: () => void): void {
  if (existsSync(path)) describe(title, suite)
  else skipped(`${basename(path)}, which is not part of the repository`, title, suite)
}

function skipped(missing: string, title: string, suite: () => void): void {
  console.warn(`skipped: ${title} (needs ${missing})`)
  // The title stays the same, so that CI can tell that the suite ran later.
  describe.skip(title, suite)
}
