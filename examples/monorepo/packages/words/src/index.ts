import { distance } from 'fastest-levenshtein'

export interface Suggestion {
  word: string
  /** Letters to add, remove or replace. */
  distance: number
}

/** The words that are nearest to `text`, at most two letters away, the nearest first. */
export function nearest(text: string, words: readonly string[]): Suggestion[] {
  return words
    .map(word => ({ word, distance: distance(text, word) }))
    .filter(suggestion => suggestion.distance <= 2)
    .sort((a, b) => a.distance - b.distance)
}
