import { readFileSync } from 'node:fs'
import { BentoError, systemCode } from '../../core/errors.js'
import { usageError } from '../problem.js'
import { keyAndValue } from './labels.js'

const INTEGER = /^-?(?:0|[1-9]\d*)$/
/** Words and beginnings that say a value is meant as JSON. Anything else is text. */
const JSON_LIKE = /^(?:true|false|null|["[{]|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$)/

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
  if (text.startsWith('@') && text.endsWith('.json')) return fromFile(text.slice(1))
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
