import { BentoError, isBentoError } from '../../core/errors.js'
import { visible } from '../../core/text.js'
import { isYamlMap, parseYaml, type YamlValue, yamlLines } from '../../core/yaml.js'
import { kindOf, type Problem } from '../check.js'
import { mergeLayers } from '../layers.js'
import type { BentoOptions } from '../options.js'
import { checkOptions } from '../resolve-options.js'
import { convert } from './convert.js'
import { BENTOFILE_KEYS } from './keys.js'

const HINT = 'docs/build.md has the keys of a bentofile.'

/**
 * Reads a bentofile: BentoML's keys, without those for Python, and our section `node`.
 *
 * @param text its content
 * @param where its path, for the error
 * @returns the options that it says, checked
 * @throws `BENTOFILE_INVALID` with every problem and its line
 */
export function readBentofile(text: string, where: string): BentoOptions {
  const document = parse(text, where)
  // An empty file says nothing.
  if (document === null) return {}
  if (!isYamlMap(document)) throw invalid(where, [`it must be a map of keys, not ${kindOf(document)}`])
  const { options, variables, problems } = convert(document)
  problems.push(
    ...checkOptions(options, where).problems.map(({ name, why }) => ({ name: placeOf(name), why })),
    ...checkOptions({ envs: variables }, where).problems.map(({ name, why }) => ({
      name: name.replace(/^envs/, 'docker.env'),
      why,
    })),
  )
  if (problems.length > 0) throw invalid(where, withLines(text, problems))
  const layers = [{ envs: variables }, options].map(options => ({ from: where, options: options as BentoOptions }))
  return mergeLayers(layers).options
}

function parse(text: string, where: string): YamlValue {
  try {
    return parseYaml(text, where)
  } catch (error) {
    if (!isBentoError(error, 'MANIFEST_INVALID')) throw error
    throw new BentoError('BENTOFILE_INVALID', error.reason, { cause: error, details: { path: where } })
  }
}

/** The place in the file of what says an option: `image.base` is `docker.base_image`. */
function placeOf(name: string): string {
  const said = BENTOFILE_KEYS.filter(
    ({ option, kind }) =>
      kind !== 'variables' && (name === option || /^[.[]/.test(name.slice(option.length))) && name.startsWith(option),
  ).sort((a, b) => b.option.length - a.option.length)[0]
  return said === undefined ? name : said.key + name.slice(said.option.length)
}

/** The problems as text, in the order of the file. */
function withLines(text: string, problems: readonly Problem[]): string[] {
  const lineOf = yamlLines(text)
  return problems
    .map(({ name, why }) => ({ line: lineOf(segments(name)), told: `${visible(name)} ${visible(why)}` }))
    .sort((a, b) => a.line - b.line)
    .map(({ line, told }) => `line ${line}: ${told}`)
}

/** `models[0].tag` is `models`, `0`, `tag`. */
function segments(place: string): string[] {
  return place.split(/[.[\]]+/).filter(segment => segment !== '')
}

function invalid(where: string, problems: string[]): BentoError {
  return new BentoError('BENTOFILE_INVALID', `${visible(where)} is wrong: ${problems.join('; ')}.`, {
    hint: HINT,
    details: { path: where, problems },
  })
}
