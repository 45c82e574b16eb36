const INTEGER = /^-?(?:0|[1-9]\d*)$/
/** Words and beginnings that say a value is meant as JSON. Anything else is text. */
const JSON_LIKE = /^(?:true|false|null|["[{]|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$)/

/** A value of the command line: JSON where it looks like JSON (`0.97`, `true`, `[1,2]`, `"0.97"` for the text), else text. */
export function jsonOrText(text: string): unknown {
  if (!JSON_LIKE.test(text)) return text
  if (INTEGER.test(text)) return wholeNumber(text)
  try {
    return JSON.parse(text)
  } catch {
    // `[draft]`, `true story`: text that only begins like JSON.
    return text
  }
}

/** Digits a double cannot hold are kept by a bigint: Python's integers have no limit. */
function wholeNumber(text: string): number | bigint {
  const value = Number(text)
  return Number.isSafeInteger(value) ? value : BigInt(text)
}
