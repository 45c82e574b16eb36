import type { Command } from 'commander'
import { defineImport } from '../items/import.js'

const EXAMPLES = `
Examples:
  bento import iris-v2.bento
  bento import release/iris.tgz --skip-existing
  bento import https://releases.example/iris-v2.bento
  bento import - < iris-v2.bento`

/** `bento import <path>` */
export function define(command: Command): void {
  defineImport(command, {
    word: 'bento',
    run: async (source, options) => {
      const { BentoStore } = await import('../../transfer/bento-store.js')
      return new BentoStore().importBento(source, options)
    },
  })
  command.addHelpText('after', EXAMPLES)
}
