import { readFileSync } from 'node:fs'
import { BentoError, systemCode } from '../../core/errors.js'
import { isYamlMap, parseYaml } from '../../core/yaml.js'
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

/**
 * Reads a YAML file of args.
 *
 * @throws `IO_FAILED`, `MANIFEST_INVALID` for what is no YAML, `VALUE_INVALID` for what is no map
 */
export function argsOfFile(path: string): Record<string, unknown> {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    throw new BentoError('IO_FAILED', `Cannot read ${path} for --arg-file: ${systemCode(cause)}.`, { cause })
  }
  const args = parseYaml(text, path)
  if (isYamlMap(args)) return args
  throw new BentoError('VALUE_INVALID', `${path} for --arg-file is no map of names to values.`, {
    hint: 'Write one name a line: threshold: 0.5',
  })
}
