/** A stream of numbers in [0, 1) that is the same for the same seed (xorshift32). */
export function numbers(seed: number): () => number {
  let state = (seed * 2654435761) | 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 4294967296
  }
}

/** Gaussian weights as a trained layer has them: mean 0, deviation 0.02. */
export function gaussians(count: number, seed: number): Float32Array {
  const next = numbers(seed)
  return Float32Array.from(
    { length: count },
    () => 0.02 * Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
  )
}

const WORDS =
  'the model of a store and its tag is read with every label that another folder keeps in one archive or bento while data weights layers learn from text'.split(
    ' ',
  )

/** Bytes of text that compresses as prose does. */
export function sentences(length: number, seed: number): Uint8Array {
  const next = numbers(seed)
  const out = Buffer.alloc(length)
  for (let at = 0; at < length; ) {
    const word = WORDS[Math.floor(next() ** 2 * WORDS.length)] ?? ''
    at += out.write(next() < 0.1 ? `${word} ${Math.floor(next() * 1000)}.\n` : `${word} `, at)
  }
  return out
}
