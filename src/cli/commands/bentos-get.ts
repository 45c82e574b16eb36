import type { Command } from 'commander'
import { defineGet } from '../items/get.js'

/** `bento get <tag>` */
export function define(command: Command): void {
  defineGet(command, 'bento', 'bento.yaml', async () => new (await import('../../store/index.js')).BentoStore())
}
