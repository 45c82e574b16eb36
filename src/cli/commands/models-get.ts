import type { Command } from 'commander'
import { defineGet } from '../items/get.js'

/** `bento models get <tag>` */
export function define(command: Command): void {
  defineGet(command, 'model', 'model.yaml', async () => new (await import('../../store/index.js')).ModelStore())
}
