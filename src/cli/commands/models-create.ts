import type { Command } from 'commander'
import { formatSize } from '../../core/text.js'
import { localTime } from '../../core/time.js'
import type { Model } from '../../store/index.js'
import { copySources } from '../create/copy-sources.js'
import { lookAtSources } from '../create/sources.js'
import { longWork } from '../long-work.js'
import { print, warn } from '../output.js'
import { toJson } from '../values/json.js'
import { addLabel } from '../values/labels.js'
import { addMetadata } from '../values/metadata.js'

const FORMATS = ['tag', 'json', 'path'] as const

interface CreateOptions {
  label?: Record<string, string>
  metadata?: Record<string, unknown>
  framework?: string
  module?: string
  output: (typeof FORMATS)[number]
  quiet?: boolean
}

/** `bento models create <name[:version]> <path...>` */
export function define(command: Command): void {
  command
    .argument('<tag>', 'name, or name:version; without a version one is made')
    .argument('<paths...>', 'a file, or a folder whose content becomes the model; several keep their names')
    .option('--label <key=value>', 'label; repeatable', addLabel)
    .option(
      '--metadata <key=value>',
      'metadata; repeatable. The value is JSON where it looks like it (0.97, true, [1,2]), a file for @file.json, else text',
      addMetadata,
    )
    .option('--framework <package>', 'npm package that runs the model; its installed version is recorded')
    .option('--module <module>', 'Python module that loads the model, as BentoML records it')
    .addOption(command.createOption('-o, --output <format>', 'output format').choices(FORMATS).default('tag'))
    .action(async (tag: string, paths: string[], options: CreateOptions) => {
      const model = await create(tag, paths, options)
      if (options.framework !== undefined && !(options.framework in model.info.context.frameworkVersions)) {
        warn(`${options.framework} is not installed here: its version is not recorded.`, options)
      }
      if (options.output === 'json') return print(`${toJson(await describe(model))}\n`)
      print(`${options.output === 'path' ? model.path : model.tag}\n`)
    })
}

async function create(tag: string, paths: readonly string[], options: CreateOptions): Promise<Model> {
  const { ModelStore } = await import('../../store/index.js')
  const store = new ModelStore()
  const sources = await lookAtSources(paths)
  const total = sources.reduce((sum, source) => sum + source.size, 0)
  const { label: labels = {}, metadata = {}, framework, module } = options
  const input = {
    labels,
    metadata,
    ...(framework === undefined ? {} : { framework }),
    ...(module === undefined ? {} : { module }),
  }
  return longWork(options, progress =>
    store.create(tag, input, async dir => {
      progress.phase({ doing: 'copying', total, done: () => bytesIn(dir) })
      await copySources(sources, dir)
      progress.phase({ doing: 'computing the digest of', total })
    }),
  )
}

async function bytesIn(dir: string): Promise<number> {
  const { walkTree } = await import('../../files/walk.js')
  return (await walkTree(dir)).reduce((sum, { size }) => sum + size, 0)
}

/** The fields of `bento models list`, and what a script wants to know next. */
async function describe(model: Model): Promise<Record<string, string>> {
  const { ModelStore } = await import('../../store/index.js')
  const { digest } = await new ModelStore().digest(model)
  return {
    tag: String(model.tag),
    module: model.module,
    size: formatSize(await model.size()),
    creation_time: localTime(model.creationTime),
    path: model.path,
    digest,
  }
}
