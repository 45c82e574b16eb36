import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Command } from 'commander'
import { visible } from '../../core/text.js'
import type { StoreItem } from '../../store/item.js'
import { print } from '../output.js'
import { toJson } from '../values/json.js'

const FORMATS = ['json', 'yaml', 'path'] as const

/** The part of a store that getting needs. */
export interface Gettable {
  get(tag: string): Promise<StoreItem>
}

/**
 * Makes `command` one that shows an item: `<tag> [-o json|yaml|path]`.
 *
 * @param open opens the store; called when the command runs.
 */
export function defineGet(
  command: Command,
  word: 'model' | 'bento',
  manifest: 'model.yaml' | 'bento.yaml',
  open: () => Promise<Gettable>,
): void {
  command
    .argument('<tag>', `the ${word}: name, name:latest, name:version, or the unique beginning of a version`)
    .addOption(
      command
        .createOption('-o, --output <format>', `${manifest} as it is stored or as JSON, or the path of the ${word}`)
        .choices(FORMATS)
        .default('yaml'),
    )
    .action(async (tag: string, options: { output: (typeof FORMATS)[number] }) => {
      const item = await (await open()).get(tag)
      if (options.output === 'path') return print(`${item.path}\n`)
      const file = join(item.path, manifest)
      const text = await readFile(file, 'utf8')
      if (options.output === 'yaml') return print(printable(text))
      const { parseYaml } = await import('../../core/yaml.js')
      print(`${toJson(parseYaml(text, file))}\n`)
    })
}

const NOT_YAML = /[^\P{Cc}\t\n\r\u0085]/gu

/** A manifest as it is: only what YAML forbids is escaped, and on a terminal whatever could steer it. */
function printable(text: string): string {
  if (process.stdout.isTTY) return text.split('\n').map(visible).join('\n')
  return text.replace(NOT_YAML, visible)
}
