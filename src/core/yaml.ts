import { readPlainYaml } from './yaml/plain.js'
import { readYaml } from './yaml/read.js'
import { MAX_YAML_LENGTH, type YamlValue } from './yaml/value.js'
import { type WriteOptions, writeYaml } from './yaml/write.js'

export { yamlLines } from './yaml/lines.js'
export { isYamlMap, MAX_YAML_LENGTH, sourceText, type YamlMap, type YamlValue } from './yaml/value.js'
export type { WriteOptions } from './yaml/write.js'

/**
 * Reads a YAML document so that both languages read the same value: scalars by the rules of PyYAML's SafeLoader, under
 * which `1e5` and `0o17` are text, `017` is 15 and `yes` is true. Timestamps stay text; whole numbers beyond 2^53 are
 * `bigint`; keys are text as written.
 *
 * @param where what is read, for the error: a path.
 * @throws `MANIFEST_INVALID` for broken syntax, a duplicate key, a merge key, an unknown tag, a second document, more
 * than 1 MiB, deep nesting, alias bombs.
 */
export function parseYaml(text: string, where: string): YamlValue {
  return (text.length <= MAX_YAML_LENGTH ? readPlainYaml(text) : undefined) ?? readYaml(text, where)
}

/**
 * Writes a value as `yaml.safe_dump(value, sort_keys=False)` of PyYAML does, byte for byte, except that text which any
 * common YAML reader might take for a number, bool or date is quoted too: `'1e5'`, `'y'`.
 *
 * @throws `VALUE_INVALID` for what YAML can't hold.
 */
export function dumpYaml(value: YamlValue, options?: WriteOptions): string {
  return writeYaml(value, options)
}
