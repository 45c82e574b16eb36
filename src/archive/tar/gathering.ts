/** Room that is made at once; more only as bytes come, since a header may claim any number. */
const FIRST = 64 * 1024

/** The content of an extension header, gathered from the chunks it lies in. */
export class Gathering {
  /** Of the header. */
  readonly type: string
  readonly #size: number
  #bytes: Buffer | undefined
  #length = 0

  constructor(type: string, size: number) {
    this.type = type
    this.#size = size
  }

  /** Bytes that are still missing. */
  get left(): number {
    return this.#size - this.#length
  }

  /**
   * Adds a piece of at most {@link left} bytes.
   *
   * @returns the whole content once it is there, valid as long as the piece; else undefined
   */
  add(piece: Buffer): Buffer | undefined {
    if (piece.length === this.#size) return piece
    const length = this.#length + piece.length
    let bytes = this.#bytes ?? Buffer.allocUnsafe(Math.min(this.#size, FIRST))
    if (bytes.length < length) bytes = enlarge(bytes, Math.min(this.#size, Math.max(length, 2 * bytes.length)))
    bytes.set(piece, this.#length)
    this.#bytes = bytes
    this.#length = length
    return length === this.#size ? bytes : undefined
  }
}

function enlarge(bytes: Buffer, length: number): Buffer {
  const larger = Buffer.allocUnsafe(length)
  larger.set(bytes)
  return larger
}
