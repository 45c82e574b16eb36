import type { Command } from 'commander'
import { formatSize } from '../../core/text.js'
import { localTime } from '../../core/time.js'
import { defineList } from '../items/list.js'
import { modelSizer } from '../items/model-size.js'

/** `bento list [name]`: the columns of `bentoml list`. */
export function define(command: Command): void {
  const modelSize = modelSizer()
  defineList(
    command,
    'bentos',
    [
      { heading: 'Tag', field: 'tag', value: bento => String(bento.tag) },
      { heading: 'Size', field: 'size', value: async bento => formatSize(await bento.size()) },
      { heading: 'Model Size', field: 'model_size', value: async bento => formatSize(await modelSize(bento)) },
      { heading: 'Creation Time', field: 'creation_time', value: bento => localTime(bento.creationTime) },
    ],
    async () => new (await import('../../store/index.js')).BentoStore(),
  )
}
