import { nearNames } from '../../core/text.js'
import { isYamlMap, sourceText, type YamlMap, type YamlValue } from '../../core/yaml.js'
import type { Problem } from '../check.js'
import { kindOf } from '../check.js'
import { BENTOFILE_KEYS, ENV_KEYS, type Kind, MODEL_KEYS, REFUSED_KEYS } from './keys.js'

/** A bentofile as options, whose values are not checked yet. */
export interface Converted {
  options: Record<string, unknown>
  /** `docker.env`, as a map. */
  variables: unknown
  /** Of the keys; named by their place in the file. */
  problems: Problem[]
}

/** Turns what a bentofile says into options. What has a wrong type stays as it is, for the check of the options. */
export function convert(document: YamlMap): Converted {
  const conversion = new Conversion()
  conversion.section(document, '')
  return conversion
}

class Conversion implements Converted {
  readonly options: Record<string, unknown> = {}
  variables: unknown
  readonly problems: Problem[] = []

  section(map: YamlMap, prefix: string): void {
    for (const name of Object.keys(map)) {
      const place = prefix + name
      const value = map[name] as YamlValue
      const known = BENTOFILE_KEYS.find(({ key }) => key === place)
      // A key without a value says nothing: BentoML itself writes `conda: null`.
      if (value === null && REFUSED_KEYS.has(place)) continue
      if (!this.#isKnown(name, namesBelow(prefix), prefix) || value === null) continue
      if (known === undefined) {
        if (isYamlMap(value)) this.section(value, `${place}.`)
        else this.#problem(place, `must be a map, not ${kindOf(value)}`)
      } else if (known.kind === 'variables') {
        this.variables = this.#variables(map, name, place)
      } else {
        assign(this.options, known.option, this.#value(map, name, known.kind, place))
      }
    }
  }

  #value(map: YamlMap, name: string, kind: Kind, place: string): unknown {
    const value = map[name] as YamlValue
    switch (kind) {
      case 'text':
        return text(map, name)
      case 'text or false':
        return value === false ? false : text(map, name)
      case 'texts':
        return Array.isArray(value) ? value.map((_, index) => text(value, index)) : value
      case 'map of texts':
        return isYamlMap(value) ? textMap(value) : value
      case 'models':
        return this.#entries(value, place, MODEL_KEYS, (list, index) => text(list, index))
      case 'envs':
        // BentoML lets the value of a variable be left out.
        return this.#entries(value, place, ENV_KEYS, (list, index) => list[index], { value: '' })
      default:
        return value
    }
  }

  /** A list of maps of texts. */
  #entries(
    value: YamlValue,
    place: string,
    known: readonly string[],
    other: (list: YamlValue[], index: number) => unknown,
    defaults: object = {},
  ): unknown {
    if (!Array.isArray(value)) {
      this.#problem(place, `must be a list, not ${kindOf(value)}`)
      return undefined
    }
    return value.map((item, index) => {
      if (!isYamlMap(item)) return other(value, index)
      const entries = Object.keys(item).filter(
        name => this.#isKnown(name, known, `${place}[${index}].`) && item[name] !== null,
      )
      return { ...defaults, ...Object.fromEntries(entries.map(name => [name, text(item, name)])) }
    })
  }

  #variables(map: YamlMap, name: string, place: string): unknown {
    const value = map[name] as YamlValue
    if (isYamlMap(value)) return textMap(value)
    if (!Array.isArray(value)) {
      this.#problem(
        place,
        typeof value === 'string'
          ? 'names a file, whose values would stand in the manifest for all to read; write the variables as a map'
          : `must be a map or a list of NAME=value, not ${kindOf(value)}`,
      )
      return undefined
    }
    const pairs = value.map((item, index) => {
      const at = typeof item === 'string' ? item.indexOf('=') : -1
      if (at < 1) this.#problem(`${place}[${index}]`, 'must be of the form NAME=value')
      return [String(item).slice(0, Math.max(0, at)), String(item).slice(at + 1)]
    })
    return Object.fromEntries(pairs.filter(([name]) => name !== ''))
  }

  #isKnown(name: string, known: readonly string[], prefix: string): boolean {
    const place = prefix + name
    const refused = REFUSED_KEYS.get(place.replace(/\[\d+\]/, ''))
    if (refused !== undefined) this.#problem(place, refused)
    else if (!known.includes(name)) this.#problem(place, `is no key of a bentofile${meant(name, known, prefix)}`)
    return refused === undefined && known.includes(name)
  }

  #problem(name: string, why: string): void {
    this.problems.push({ name, why })
  }
}

function namesBelow(prefix: string): string[] {
  const below = BENTOFILE_KEYS.filter(({ key }) => key.startsWith(prefix)).map(({ key }) => key.slice(prefix.length))
  return [...new Set(below.map(key => key.split('.')[0] as string))]
}

/** `; did you mean …?`: the nearest key of the same section, else the same key in another one. */
function meant(name: string, known: readonly string[], prefix: string): string {
  const [near] = nearNames(name, known)
  const elsewhere = BENTOFILE_KEYS.find(({ key }) => key.split('.').includes(name))?.key
  const wanted = near === undefined ? elsewhere : prefix + near
  return wanted === undefined ? '' : `; did you mean "${wanted}"?`
}

/** A scalar as text: `1.10` and `yes` without quotes are what was written, not what YAML makes of them. */
function text(collection: YamlMap | YamlValue[], key: string | number): unknown {
  const value = (collection as YamlMap)[key]
  if (typeof value === 'string' || value === null) return value
  return sourceText(collection, String(key)) ?? value
}

function textMap(map: YamlMap): Record<string, unknown> {
  return Object.fromEntries(Object.keys(map).map(name => [name, text(map, name)]))
}

function assign(options: Record<string, unknown>, path: string, value: unknown): void {
  const [group = '', name] = path.split('.')
  if (name === undefined) options[group] = value
  else options[group] = { ...(options[group] as object | undefined), [name]: value }
}
