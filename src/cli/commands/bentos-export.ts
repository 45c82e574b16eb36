import type { Command } from 'commander'
import { defineExport } from '../items/export.js'

const EXAMPLES = `
Examples:
  bento export iris
  bento export iris:latest release/ --no-models
  bento export iris iris.tgz --level small --force
  bento export iris - | ssh host bento import -`

/** `bento export <tag> [path]` */
export function define(command: Command): void {
  command.option('--no-models', 'leave out the models that the bento uses')
  defineExport(command, {
    word: 'bento',
    className: 'Bento',
    own: 'bento',
    run: async (tag, destination, options) => {
      const { BentoStore } = await import('../../transfer/bento-store.js')
      return new BentoStore().exportBento(tag, destination, options)
    },
  })
  command.addHelpText('after', EXAMPLES)
}
