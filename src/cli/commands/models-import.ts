import type { Command } from 'commander'
import { defineImport } from '../items/import.js'

const EXAMPLES = `
Examples:
  bento models import iris_clf-v2.bentomodel
  bento models import iris.zip --as iris_clf:v3
  bento models import https://models.example/iris_clf-v2.bentomodel
  bento models import huge.tar --limit bytes=2TiB --limit entries=unlimited
  ssh host bento models export iris_clf - | bento models import -`

/** `bento models import <path>` */
export function define(command: Command): void {
  command.option('--as <name[:version]>', 'save it under this tag; a bare name keeps the version')
  defineImport(command, {
    word: 'model',
    run: async (source, options) => {
      const { ModelStore } = await import('../../transfer/model-store.js')
      return new ModelStore().importModel(source, options)
    },
  })
  command.addHelpText('after', EXAMPLES)
}
