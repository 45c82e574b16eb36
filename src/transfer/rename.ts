import { isMap, isScalar, type Pair, parseDocument, type Scalar } from 'yaml'
import { BentoError } from '../core/errors.js'
import type { FullTag } from '../core/tag.js'
import { visible } from '../core/text.js'
import { dumpYaml } from '../core/yaml.js'
import { parseModelInfo } from '../store/model-info.js'

/**
 * Puts another name and version into the text of a model.yaml. Every other byte stays as it is: comments, quotes, order,
 * keys that nobody here knows.
 *
 * @param where for the error
 * @throws `MANIFEST_INVALID` where the two are written in a way that can't be replaced
 */
export function renameManifest(text: string, tag: FullTag, where: string): string {
  const { contents } = parseDocument(text, { schema: 'failsafe', version: '1.1', uniqueKeys: false })
  const pairs = isMap(contents) ? contents.items : []
  const edits = [edit(pairs, 'name', tag.name, where), edit(pairs, 'version', tag.version, where)]
  let renamed = text
  // From the end, so that the places before stay right.
  for (const { start, end, value } of edits.sort((a, b) => b.start - a.start)) {
    renamed = renamed.slice(0, start) + value + renamed.slice(end)
  }
  parseModelInfo(renamed, where, tag)
  return renamed
}

interface Edit {
  start: number
  end: number
  value: string
}

function edit(pairs: readonly Pair[], key: string, value: string, where: string): Edit {
  const scalar = pairs.find(pair => isScalar(pair.key) && pair.key.value === key)?.value
  if (!isScalar(scalar) || !scalar.range || isBlock(scalar)) {
    throw new BentoError(
      'MANIFEST_INVALID',
      `The ${key} in ${visible(where)} is written in a way that cannot be edited.`,
      {
        hint: 'Import it under its own tag.',
      },
    )
  }
  return { start: scalar.range[0], end: scalar.range[1], value: yamlText(value) }
}

/** Its range has a line break at the end. */
function isBlock({ type }: Scalar): boolean {
  return type === 'BLOCK_FOLDED' || type === 'BLOCK_LITERAL'
}

/** A tag part as a scalar that every YAML reader takes for text. */
function yamlText(part: string): string {
  return dumpYaml({ key: part }).slice('key: '.length).trimEnd()
}
