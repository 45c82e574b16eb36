import { BentoError } from '../../core/errors.js'

/** Settings of an LZMA2 encoder. */
export interface LzmaOptions {
  /** Bytes. */
  dictionary: number
  /** How matches are found: hash chains are quick, binary trees find more. */
  finder: 'hc3' | 'hc4' | 'bt4'
  /** Length of a match that is taken at once. */
  nice: number
  /** How many candidates are tried; 0 leaves it to the encoder. */
  depth: number
  /** Whether the data are numbers of four bytes (or two) rather than text: their position tells more than their neighbours. */
  numbers?: boolean
}

/** As much of `lzma-native` as is used here: its binding of liblzma, below its streams. */
export interface LzmaNative {
  Stream: new () => {
    rawEncoder(options: { filters: { id: string; options: Record<string, number> }[] }): void
    /** Bytes of the pieces that come out. */
    setBufsize(bytes: number): void
    /** Takes a copy of the input, and works on it in libuv's pool. `null` ends it. */
    code(input: Uint8Array | null, inPool: true): void
    /** Called with a piece; with `null` and maybe an error at the end; or with the number of inputs that are done. */
    bufferHandler: (piece: Uint8Array | null | undefined, done: number | undefined, error?: Error | null) => void
    /** Gives the encoder's memory back. */
    resetUnderlying(): void
  }
}

/** Bytes that one task in the pool compresses, so that reading and writing get a turn between two of them. */
const SLICE = 1024 * 1024
const PIECE = 256 * 1024

/** Numbers of liblzma's match finders and modes (lzma/lzma12.h). */
const FINDERS = { hc3: 0x03, hc4: 0x04, bt4: 0x14 }
const MODE_FAST = 1
const MODE_NORMAL = 2
/** liblzma's number of "cannot allocate memory". */
const NO_MEMORY = 5

/**
 * Loads `lzma-native`, where the user has installed it.
 *
 * @throws whatever the import throws, where it isn't installed or there is no build of it for this system
 */
export async function loadLzma(): Promise<LzmaNative> {
  // @ts-expect-error: it comes without types
  return (await import('lzma-native')).default
}

/**
 * Compresses a block to LZMA2, in libuv's pool.
 *
 * @param block may change once the promise is settled
 * @param stopped asked now and then: an error stops the work, and is thrown
 * @throws `OPTION_INVALID` when there is not memory enough for the options; `IO_FAILED` for any other error of liblzma
 */
export function compressBlock(
  lzma: LzmaNative,
  block: Uint8Array,
  options: LzmaOptions,
  stopped: () => unknown,
): Promise<Uint8Array[]> {
  return new Promise((resolve, reject) => {
    const stream = new lzma.Stream()
    const pieces: Uint8Array[] = []
    let at = 0
    const end = (settle: () => void) => {
      stream.bufferHandler = () => undefined
      settle()
    }
    const next = () => {
      const reason = stopped()
      if (reason !== undefined) {
        stream.resetUnderlying()
        return end(() => reject(reason))
      }
      const slice = block.subarray(at, at + SLICE)
      at += slice.length
      stream.code(slice.length > 0 ? slice : null, true)
    }
    stream.bufferHandler = (piece, done, error) => {
      if (piece) pieces.push(piece)
      else if (error) end(() => reject(lzmaError(error)))
      else if (piece === null) end(() => resolve(pieces))
      else if (done !== undefined) next()
    }
    try {
      stream.rawEncoder({ filters: [{ id: 'LZMA_FILTER_LZMA2', options: nativeOptions(options) }] })
      stream.setBufsize(PIECE)
      next()
    } catch (error) {
      reject(lzmaError(error))
    }
  })
}

function nativeOptions({ dictionary, finder, nice, depth, numbers }: LzmaOptions): Record<string, number> {
  return {
    dictSize: dictionary,
    lc: numbers ? 0 : 3,
    lp: numbers ? 2 : 0,
    pb: 2,
    mode: finder === 'bt4' ? MODE_NORMAL : MODE_FAST,
    mf: FINDERS[finder],
    niceLen: nice,
    depth,
  }
}

function lzmaError(cause: unknown): BentoError {
  if ((cause as { code?: unknown }).code === NO_MEMORY) {
    return new BentoError('OPTION_INVALID', 'There is not memory enough to compress to xz at this level.', {
      hint: "Take a lower level, or 'fast'.",
      cause,
    })
  }
  return new BentoError('IO_FAILED', `lzma-native cannot compress: ${(cause as Error).message}.`, { cause })
}
