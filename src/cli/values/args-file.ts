import { readFileSync } from 'node:fs'
import { BentoError, systemCode } from '../../core/errors.js'
import { isYamlMap, parseYaml } from '../../core/yaml.js'

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
