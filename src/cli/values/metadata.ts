import { readFileSync } from 'node:fs'
import { BentoError, systemCode } from '../../core/errors.js'
import { usageError } from '../problem.js'
import { jsonOrText } from './json-or-text.js'
import { keyAndValue } from './labels.js'

/**
 * Takes one more `--metadata key=value` to those before it. The value is JSON where it looks like JSON (`0.97`, `true`,
 * `[1,2]`, `{"a":1}`, `"0.97"` for the text), the content of a JSON file for `@path.json`, else text.
 *
 * @throws `USAGE` where it is malformed or given twice; `IO_FAILED`, `VALUE_INVALID` for a file that is missing or no JSON.
 */
export function addMetadata(text: string, metadata: Record<string, unknown> = {}): Record<string, unknown> {
  const [key, value] = keyAndValue(text, '--metadata')
  if (Object.hasOwn(metadata, key)) {
    throw usageError(
      `--metadata gives ${JSON.stringify(key)} twice.`,
      'Give each key once; a value may be a JSON list.',
    )
  }
  return Object.fromEntries([...Object.entries(metadata), [key, typedValue(value)]])
}

function typedValue(text: string): unknown {
  return text.startsWith('@') && text.endsWith('.json') ? fromFile(text.slice(1)) : jsonOrText(text)
}

function fromFile(path: string): unknown {
  const hint = `Name a readable JSON file, or quote the text: '"@${path}"'.`
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    throw new BentoError('IO_FAILED', `Cannot read ${path} for --metadata: ${systemCode(cause)}.`, { cause, hint })
  }
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new BentoError('VALUE_INVALID', `${path} for --metadata is not JSON: ${(cause as Error).message}.`, {
      cause,
      hint,
    })
  }
}
