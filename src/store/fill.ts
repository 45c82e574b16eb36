import { ioError, isDiskFull } from '../files/errors.js'
import type { Draft } from './draft.js'

/**
 * Lets the user's function fill a draft. When it throws, the draft is discarded and its error comes through as it is;
 * only a full disk, which the user can't know the place of, becomes `DISK_FULL`.
 *
 * @param doing for the error: `save model iris_clf:v2`
 */
export async function fillDraft<T>(
  draft: Draft<T>,
  write: (dir: string) => unknown,
  doing: string,
  root: string,
): Promise<void> {
  try {
    await write(draft.dir)
  } catch (error) {
    await draft.discard()
    throw isDiskFull(error) ? ioError(error, doing, root) : error
  }
}
