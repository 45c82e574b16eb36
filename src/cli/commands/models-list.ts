import type { Command } from 'commander'
import { formatSize } from '../../core/text.js'
import { localTime } from '../../core/time.js'
import { defineList } from '../items/list.js'

/** `bento models list [name]`: the columns of `bentoml models list`. */
export function define(command: Command): void {
  defineList(
    command,
    'models',
    [
      { heading: 'Tag', field: 'tag', value: model => String(model.tag) },
      { heading: 'Module', field: 'module', value: model => model.module },
      { heading: 'Size', field: 'size', value: async model => formatSize(await model.size()) },
      { heading: 'Creation Time', field: 'creation_time', value: model => localTime(model.creationTime) },
    ],
    async () => new (await import('../../store/index.js')).ModelStore(),
  )
}
