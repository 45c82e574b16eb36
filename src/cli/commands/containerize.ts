import type { Command } from 'commander'
import { BACKENDS, type Backend } from '../../container/types.js'
import { visible } from '../../core/text.js'
import { print, printError } from '../output.js'
import { readBuilderOption, SAME_AS_OPT } from '../values/builder-options.js'

interface Flags {
  imageTag?: string[]
  dockerImageTag?: string[]
  backend?: Backend
  opt?: [string, string | true][]
  platform?: string[]
  push?: boolean
  runAsRoot?: boolean
  quiet?: boolean
  debug?: boolean
  [name: string]: unknown
}

const AFTER_HELP = `
Every option of the builder can also be given as --opt: --opt cgroup-parent=x, --opt no-cache.

Examples:
  bento containerize iris
  bento containerize iris:latest -t registry.example/vision/iris:v2 --platform linux/amd64 --push
  bento containerize iris --secret id=npmrc,src=$HOME/.npmrc
  BENTOML_CONTAINERIZE_BACKEND=buildah bento containerize iris`

/** `bento containerize <tag> [-t name:tag]... [--backend name] [--platform os/arch] [--opt name=value]...` */
export function define(command: Command): void {
  command
    .argument('<tag>', 'the bento: name, name:latest, name:version, or the unique beginning of a version')
    .option(
      '-t, --image-tag <name:tag>',
      'name of the image; repeat it for several (default: the tag of the bento)',
      collect,
    )
    .addOption(command.createOption('--docker-image-tag <name:tag>', 'same as -t').argParser(collect).hideHelp())
    .addOption(
      command
        .createOption(
          '--backend <name>',
          'program that makes the image (default: BENTOML_CONTAINERIZE_BACKEND, else the first on the PATH)',
        )
        .choices(BACKENDS),
    )
    .option('--platform <os/arch>', 'platform of the image; separate several by commas', readPlatforms)
    .option('--push', 'push the image to the registry in its name')
    .option('--run-as-root', 'run the builder by sudo')
    .option(
      '--opt <name=value>',
      'an option of the builder; repeat it for several',
      (text: string, held?: unknown[]) => [...(held ?? []), readBuilderOption(text)],
    )
  for (const { name, value, help } of SAME_AS_OPT) {
    const option = command.createOption(value === undefined ? `--${name}` : `--${name} <${value}>`, help)
    if (value !== undefined) option.argParser(collect)
    // The parser takes "--no-cache" for the opposite of a "--cache", which no builder has.
    option.negate = false
    command.addOption(option)
  }
  command.addHelpText('after', AFTER_HELP).action(makeImage)
}

/** Makes an image of a bento of the store and says which. */
export async function makeImage(bento: string, flags: Flags): Promise<void> {
  const [{ containerize }, { holdSignals }] = await Promise.all([
    import('../../container/containerize.js'),
    import('../../serve/interruption.js'),
  ])
  const { backend, runAsRoot, quiet, debug } = flags
  const { tags, platforms, push, further } = sortOptions(flags)
  const interruption = holdSignals('CONTAINERIZE_FAILED', 'the image was made')
  try {
    const made = await containerize({
      bento,
      tags,
      platforms,
      push,
      options: further,
      signal: interruption.signal,
      ...(backend === undefined ? {} : { backend }),
      ...(runAsRoot ? { runAsRoot } : {}),
      ...(quiet ? {} : { onLine: say }),
      ...(debug ? { onCommand: words => say(`+ ${words.map(shown).join(' ')}`) } : {}),
    })
    if (!quiet) {
      const names = made.tags.join(', ')
      print(`Bento(tag="${made.bento}") containerized as ${names} (${made.backend}).\n`)
    }
  } finally {
    interruption.release()
  }
}

/** Puts together what was given by name and by `--opt`: in BentoML `--opt platform=…` is the same as `--platform`. */
function sortOptions(flags: Flags) {
  const tags = [flags.imageTag, flags.dockerImageTag].flatMap(given => given ?? [])
  const platforms = [...(flags.platform ?? [])]
  let push = flags.push === true
  const further: Record<string, string | true | string[]> = {}
  for (const [name, value] of [...namedOptions(flags), ...(flags.opt ?? [])]) {
    const held = further[name]
    if (name === 'push') push = true
    else if (value === true || held === true) further[name] = value
    else if (name === 'platform') platforms.push(...value.split(','))
    else if (name === 'tag') tags.push(value)
    else further[name] = held === undefined ? value : [held, value].flat()
  }
  return { tags, platforms, push, further }
}

function namedOptions(flags: Flags): [string, string | true][] {
  return SAME_AS_OPT.flatMap(({ name }) => {
    const values = flags[camelCase(name)] as string[] | true | undefined
    return values === undefined ? [] : [values].flat().map((value): [string, string | true] => [name, value])
  })
}

/** As commander names an option's value. */
function camelCase(name: string): string {
  return name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())
}

function collect(value: string, held: string[] = []): string[] {
  return [...held, value]
}

function readPlatforms(text: string, held: string[] = []): string[] {
  return [...held, ...text.split(',')]
}

function say(line: string): void {
  printError(`${visible(line.replaceAll('\t', '    '))}\n`)
}

/** A word of a command, for a person who may paste it into a shell. */
function shown(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}
