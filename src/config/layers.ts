import { isPlain } from './check.js'
import { type BentoOptions, OPTION_NAMES } from './options.js'

/** Options as one place gave them. */
export interface Layer {
  /** The place, for users: `bentofile.yaml`. */
  from: string
  options: BentoOptions
}

/** Where the value of an option came from. */
export interface OptionSource {
  /** The option, or the part of it that was given there: `name`, `labels.team`, `envs.LEVEL`, `image.base`. */
  option: string
  value: unknown
  /** `package.json`, the path of the bentofile, `bento() in the config`, or who started the build. */
  from: string
}

/** Options all of whose entries count on their own. The others are taken whole from the highest layer that has them. */
const BY_ENTRY = ['labels', 'args', 'image', 'dependencies'] as const

/**
 * Merges layers of options, the lowest first; each is checked already. A higher layer's value replaces a lower one's,
 * lists too; of `labels`, `args`, `image` and `dependencies` each entry counts on its own, of `envs` each variable.
 */
export function mergeLayers(layers: readonly Layer[]): { options: BentoOptions; sources: OptionSource[] } {
  const sources = new Map<string, OptionSource>()
  const merged: Record<string, unknown> = {}
  for (const { from, options } of layers) {
    for (const name of OPTION_NAMES) {
      const value = options[name]
      if (value === undefined) continue
      const entries = entriesOf(name, value)
      if (entries === undefined) {
        merged[name] = value
        sources.set(name, { option: name, value, from })
        continue
      }
      const before = (merged[name] ?? new Map()) as Map<string, unknown>
      for (const [key, item] of entries) {
        // A variable that is given anew keeps its place in the list.
        before.set(key, item)
        sources.set(`${name}.${key}`, { option: `${name}.${key}`, value: shownValue(name, item), from })
      }
      merged[name] = before
    }
  }
  return { options: plainOptions(merged), sources: sortedSources(sources) }
}

function entriesOf(name: string, value: unknown): [string, unknown][] | undefined {
  if (name === 'envs') return envEntries(value as NonNullable<BentoOptions['envs']>)
  if (!(BY_ENTRY as readonly string[]).includes(name) || !isPlain(value)) return undefined
  return Object.entries(value).filter(([, item]) => item !== undefined)
}

function envEntries(envs: NonNullable<BentoOptions['envs']>): [string, unknown][] {
  const list = Array.isArray(envs) ? envs : Object.entries(envs).map(([name, value]) => ({ name, value }))
  return list.map(env => [env.name, env])
}

function shownValue(name: string, item: unknown): unknown {
  return name === 'envs' && isPlain(item) ? item.value : item
}

function plainOptions(merged: Record<string, unknown>): BentoOptions {
  const entries = Object.entries(merged).map(([name, value]) => {
    if (!(value instanceof Map)) return [name, value]
    // Not by assignment, which would lose an entry called __proto__.
    return [name, name === 'envs' ? [...value.values()] : Object.fromEntries(value)]
  })
  return Object.fromEntries(entries) as BentoOptions
}

/** In the order of the options, as their page has it. */
function sortedSources(sources: ReadonlyMap<string, OptionSource>): OptionSource[] {
  const names: readonly string[] = OPTION_NAMES
  const place = ({ option }: OptionSource) => names.indexOf(option.split('.')[0] ?? '')
  return [...sources.values()].sort((a, b) => place(a) - place(b))
}
