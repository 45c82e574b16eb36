import { usageError } from '../problem.js'
import { jsonOrText } from './json-or-text.js'
import { keyAndValue } from './labels.js'

/**
 * Takes one more `--arg key=value` to those before it. The value is JSON where it looks like JSON, else text.
 *
 * @throws `USAGE` where it is malformed or given twice
 */
export function addArg(text: string, args: Record<string, unknown> = {}): Record<string, unknown> {
  const [key, value] = keyAndValue(text, '--arg', 'threshold=0.5')
  if (Object.hasOwn(args, key)) throw usageError(`--arg gives ${JSON.stringify(key)} twice.`, 'Give each key once.')
  return Object.fromEntries([...Object.entries(args), [key, jsonOrText(value)]])
}
