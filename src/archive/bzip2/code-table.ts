/** Bits that are looked up at once; longer codes are rare. */
const QUICK = 10
/** The longest code that bzip2 knows. */
export const LONGEST_CODE = 20

/** A Huffman code whose codes are numbered in the order of their lengths, then of their symbols. */
export class CodeTable {
  /** For each ten bits: `symbol << 5 | length` of the code that they begin with, 0 when it is longer or there is none. */
  readonly quick: Uint16Array = new Uint16Array(1 << QUICK)
  /** Symbols in the order of their codes. */
  readonly #symbols: number[] = []
  /** By length: the first code, how many there are, and where their symbols begin. */
  readonly #first = new Int32Array(LONGEST_CODE + 1)
  readonly #count = new Int32Array(LONGEST_CODE + 1)
  readonly #start = new Int32Array(LONGEST_CODE + 1)

  /**
   * @param lengths of the codes of the symbols, 1 to 20
   * @throws RangeError when there are more codes than lengths of such kind allow
   */
  constructor(lengths: Uint8Array) {
    let code = 0
    for (let length = 1; length <= LONGEST_CODE; length++) {
      this.#first[length] = code
      this.#start[length] = this.#symbols.length
      for (let symbol = 0; symbol < lengths.length; symbol++) {
        if (lengths[symbol] !== length) continue
        if (code >= 1 << length) throw new RangeError('a code is overfull')
        if (length <= QUICK) {
          const from = code << (QUICK - length)
          this.quick.fill((symbol << 5) | length, from, from + (1 << (QUICK - length)))
        }
        this.#symbols.push(symbol)
        code++
      }
      this.#count[length] = this.#symbols.length - (this.#start[length] as number)
      code <<= 1
    }
  }

  /**
   * The code that is too long to be looked up in {@link quick}.
   *
   * @param bits the next 20
   * @returns `symbol << 5 | length`, or 0 when no code is like that
   */
  find(bits: number): number {
    for (let length = QUICK + 1; length <= LONGEST_CODE; length++) {
      const index = (bits >>> (LONGEST_CODE - length)) - (this.#first[length] as number)
      if (index >= 0 && index < (this.#count[length] as number)) {
        return ((this.#symbols[(this.#start[length] as number) + index] as number) << 5) | length
      }
    }
    return 0
  }
}
