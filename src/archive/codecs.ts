import type { ByteSink, ByteSource, Chunks } from './bytes.js'
import type { FoundFormat } from './detect.js'
import type { ArchiveFormat, ArchiveInput, ExtractLimits, PackLevel } from './types.js'

/** Compresses all of a source. */
export type Encode = (source: ByteSource, sink: ByteSink, options: { level: PackLevel }) => Promise<unknown>

/** Gives what was compressed. */
export type Decode = (input: ArchiveInput, limits: ExtractLimits) => Chunks

/** What a tar in this format is compressed with; undefined where it is not. A codec is loaded when it is needed. */
export async function encoderOf(format: ArchiveFormat): Promise<Encode | undefined> {
  switch (format) {
    case 'bentomodel':
    case 'bento':
    case 'xz':
      return (await import('./xz/encode.js')).encodeXz
    case 'gz':
      return (await import('./gzip/encode.js')).encodeGzip
    case 'bz2':
      return (await import('./bzip2/encode.js')).encodeBzip2
    default:
      return undefined
  }
}

/** The same for reading. */
export async function decoderOf(format: FoundFormat): Promise<Decode | undefined> {
  switch (format) {
    case 'xz':
      return (await import('./xz/decode.js')).decodeXz
    case 'gz':
      return (await import('./gzip/decode.js')).decodeGzip
    case 'bz2':
      return (await import('./bzip2/decode.js')).decodeBzip2
    default:
      return undefined
  }
}
