import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import model from 'virtual:bento/model/words'

/** The commonest words of each language, by ISO 639-1 code. */
const wordsByCode = Object.entries(JSON.parse(readFileSync(join(model.path, 'words.json'), 'utf8'))).map(
  ([code, words]) => ({ code, words: new Set(words) }),
)

/** The code of the language most of whose commonest words stand in `text`; undefined where none does. */
export function guessLanguage(text) {
  const found = text.toLowerCase().match(/\p{L}+/gu) ?? []
  const scores = wordsByCode.map(({ code, words }) => ({ code, score: found.filter(word => words.has(word)).length }))
  const best = scores.reduce((one, other) => (other.score > one.score ? other : one))
  return best.score > 0 ? best.code : undefined
}
