import { BentoError } from '../../core/errors.js'
import { formatSize, visible } from '../../core/text.js'

/** What is wrong with an xz file, the same whoever found it: our reader, the `xz` command or the wasm decoder. */
export type XzProblem =
  | 'empty'
  | 'not xz'
  | 'truncated'
  | 'corrupt'
  | 'trailing'
  | 'unsupported'
  | 'mixed'
  | 'check'
  | 'memory'

const REASONS: Record<Exclude<XzProblem, 'memory'>, string> = {
  empty: 'it is empty',
  'not xz': 'it does not begin as an xz file does',
  truncated: 'it ends too early',
  corrupt: 'it is corrupt',
  trailing: 'something else follows the compressed data',
  unsupported: 'it uses a filter or feature that is not supported here',
  mixed: 'it mixes kinds of blocks that no known program mixes',
  check: 'its checksums are of a kind that is not supported here',
}

/** An error with the code and words for a {@link XzProblem}. */
export function xzError(name: string, problem: XzProblem, cause?: unknown): BentoError {
  if (problem === 'memory') {
    return new BentoError('LIMIT_EXCEEDED', `${visible(name)} asks for more memory than it may take.`, {
      hint: 'If you trust it, raise the limit `memory`. More than 64 MiB also need the command `xz`.',
      cause,
    })
  }
  return new BentoError('ARCHIVE_INVALID', `${visible(name)} cannot be read as xz: ${REASONS[problem]}.`, {
    hint: hint(problem),
    cause,
  })
}

function hint(problem: XzProblem): string {
  if (problem === 'unsupported' || problem === 'check') {
    return 'Install XZ Utils, so that the command `xz` is found, or compress it again with `xz` and no filters.'
  }
  return problem === 'mixed' ? 'Compress it again with `xz`.' : 'Fetch or export it again.'
}

/** The same, where the dictionary that a block asks for is known. */
export function dictionaryError(name: string, dictionary: number, limit: number): BentoError {
  return new BentoError(
    'LIMIT_EXCEEDED',
    `${visible(name)} asks for a dictionary of ${formatSize(dictionary)} to be unpacked; at most ${formatSize(limit)} of memory may be taken.`,
    { hint: 'If you trust it, raise the limit `memory`.', details: { dictionary, limit } },
  )
}
