import type { FieldReader } from '../core/fields.js'
import { type FullTag, fullTag, isTagPart } from '../core/tag.js'
import { isoTime, parseTime } from '../core/time.js'
import { sourceText, type YamlMap } from '../core/yaml.js'

/**
 * The tag that `name` and `version` of a manifest make. They decide over paths, so nothing but two legal tag parts is
 * ever returned; what was written without quotes counts as it was written.
 */
export function readTag(fields: FieldReader, map: YamlMap, expected: FullTag | undefined): FullTag {
  const part = (key: 'name' | 'version') => {
    const text = fields.text(map, key, key).toLowerCase()
    if (isTagPart(text)) return text
    if (Object.hasOwn(map, key)) fields.problem(key, `${JSON.stringify(text)} is not a valid ${key}`)
    return 'unknown'
  }
  const tag = fullTag(part('name'), part('version'))
  if (expected !== undefined && !tag.equals(expected)) {
    fields.problem('the tag', `is ${tag}, but the folder is that of ${expected}`)
  }
  return tag
}

/** A creation time as text: quoted ISO text as it is, an unquoted YAML timestamp in BentoML's form. */
export function readTime(fields: FieldReader, map: YamlMap, key: string, path = key, fallback?: string): string {
  const text = fields.text(map, key, path, fallback)
  const moment = parseTime(text)
  if (moment === undefined) {
    if (Object.hasOwn(map, key)) fields.problem(path, `${JSON.stringify(text)} is not a time`)
    return isoTime(0n)
  }
  return sourceText(map, key) === undefined ? text : isoTime(moment.micros)
}
