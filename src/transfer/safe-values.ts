import { BentoError } from '../core/errors.js'
import { visible } from '../core/text.js'
import { isYamlMap, type YamlValue } from '../core/yaml.js'
import type { BentoInfo } from '../store/bento-info.js'

/** What ends a line of a Dockerfile, or the text: no quoting helps against it (BentoML #5656, CVE-2026-44345). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not pass
const LINE_BREAK = /[\x00\n\v\f\r\x85\u2028\u2029]/

/**
 * Refuses a bento that would write lines of its own into the Dockerfile that BentoML makes of it: by names and values
 * of environment variables, or by the base image.
 *
 * @throws `MANIFEST_INVALID` naming each place
 */
export function requireSafeValues(info: BentoInfo, where: string): void {
  const bad = [...dockerValues(info)].filter(([, value]) => LINE_BREAK.test(value)).map(([path]) => path)
  if (bad.length === 0) return
  throw new BentoError('MANIFEST_INVALID', `${visible(where)} has a line break in ${bad.map(visible).join(', ')}.`, {
    hint: 'It would become a command in the Dockerfile of the bento. Build it again without.',
    details: { where, paths: bad },
  })
}

function* dockerValues({ envs, image, extra }: BentoInfo): Generator<[path: string, value: string]> {
  for (const [index, { name, value }] of envs.entries()) {
    yield [`envs[${index}].name`, name]
    yield [`envs[${index}].value`, value]
  }
  if (image !== undefined) {
    yield ['image.base_image', image.baseImage]
    yield ['image.python_version', image.pythonVersion]
  }
  // Of spec 1.
  const docker = extra.docker
  if (isYamlMap(docker)) for (const key of ['base_image', 'env']) yield* texts(docker[key], `docker.${key}`)
}

function* texts(value: YamlValue | undefined, path: string): Generator<[path: string, value: string]> {
  if (typeof value === 'string') yield [path, value]
  else if (Array.isArray(value)) for (const [index, item] of value.entries()) yield* texts(item, `${path}[${index}]`)
  else if (isYamlMap(value)) {
    for (const [key, item] of Object.entries(value)) {
      yield [`${path}.${key}`, key]
      yield* texts(item, `${path}.${key}`)
    }
  }
}
