import type { Command } from 'commander'
import { defineExport } from '../items/export.js'

const EXAMPLES = `
Examples:
  bento models export iris_clf
  bento models export iris_clf:v2 backup/iris.bentomodel --level small
  bento models export iris_clf -f zip -o path
  bento models export iris_clf - | ssh host bento models import -`

/** `bento models export <tag> [path]` */
export function define(command: Command): void {
  defineExport(command, {
    word: 'model',
    className: 'Model',
    own: 'bentomodel',
    run: async (tag, destination, options) => {
      const { ModelStore } = await import('../../transfer/model-store.js')
      return new ModelStore().exportModel(tag, destination, options)
    },
  })
  command.addHelpText('after', EXAMPLES)
}
