import { usageError } from '../problem.js'

/**
 * Splits `key=value` at the first `=`.
 *
 * @param option the option's name, for the error.
 * @param example what to write, for the error.
 * @throws `USAGE` where there is no `=` or nothing before it.
 */
export function keyAndValue(text: string, option: string, example = 'stage=production'): [key: string, value: string] {
  const at = text.indexOf('=')
  if (at < 1) {
    throw usageError(`${option} ${JSON.stringify(text)} is not of the form key=value.`, `Write ${option} ${example}.`)
  }
  return [text.slice(0, at), text.slice(at + 1)]
}

/**
 * Takes one more `--label key=value` to those before it.
 *
 * @throws `USAGE` where it is malformed, or gives a label a second, other value.
 */
export function addLabel(text: string, labels: Record<string, string> = {}): Record<string, string> {
  const [key, value] = keyAndValue(text, '--label')
  if (Object.hasOwn(labels, key) && labels[key] !== value) {
    throw usageError(`--label gives ${JSON.stringify(key)} two values.`, 'Give each label once.')
  }
  // A plain assignment would lose a label called __proto__.
  return Object.fromEntries([...Object.entries(labels), [key, value]])
}
